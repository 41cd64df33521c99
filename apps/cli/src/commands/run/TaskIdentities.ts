/** Ids of one execution of a file: random, so that no two runs share a pod. */
import { createHash, randomBytes } from "node:crypto"
import type { TaskIdentity } from "@podwright/spec-builder"

/** 80 bits, as ids that are never looked up for a clash should have; letters and digits that labels allow. */
const randomId = (): string => randomBytes(10).toString("hex")

export const newExecutionId = randomId

export const newTaskIdentity = (
  file: { readonly id: string; readonly namespace: string },
  taskId: string,
  executionId: string
): TaskIdentity => ({
  namespace: file.namespace,
  flowId: file.id,
  taskId,
  executionId,
  // The same for the same execution, so that another process can go on with it.
  taskRunId: createHash("sha256").update(`${executionId}/${taskId}`).digest("hex").slice(0, 20),
  attempt: 0
})

/** Of a pod that is shown and not run: the same each time, so that what is shown can be compared. */
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
