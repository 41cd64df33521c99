/** A task that is prepared without looking at its inputs: for those who need its pod alone. */
import { buildPod, taskValues } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import type { PreparedTask } from "../../src/task/PreparedTask.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"

export const preparedOf = (task: TaskRequest): PreparedTask => ({
  task,
  plan: Result.getOrThrow(buildPod(taskValues(task), task.runner)),
  inputs: Effect.die("nobody reads the inputs in these tests"),
  release: Effect.void
})
