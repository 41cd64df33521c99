/** Names of an execution of a file and of its task runs. Pure, but for the random id of a new execution. */
import { hash } from "node:crypto"
import type { TaskIdentity } from "@podwright/spec-builder"
import type { TaskFile } from "@podwright/task-file"

/**
 * The identity of a task's first attempt: the same for the same execution, so that another process
 * can continue it.
 */
export const taskIdentity = (
  file: Pick<TaskFile, "id" | "namespace">,
  taskId: string,
  executionId: string
): TaskIdentity => ({
  namespace: file.namespace,
  flowId: file.id,
  taskId,
  executionId,
  taskRunId: hash("sha256", `${executionId}/${taskId}`).slice(0, 20),
  attempt: 0
})
