/** Who a task is that is shown and not run. Pure. */
import type { TaskIdentity } from "@podwright/spec-builder"

/** The same each time, so that what is shown can be compared. */
export const renderedIdentity = (
  file: { readonly id: string; readonly namespace: string },
  taskId: string
): TaskIdentity => ({
  namespace: file.namespace,
  flowId: file.id,
  taskId,
  executionId: "rendered",
  taskRunId: `rendered-${taskId}`,
  attempt: 0
})
