/**
 * What `podwright cancel` says of each pod. Pure. The keys of the JSON form are an interface that
 * scripts read.
 */
import type { CancelledTask } from "@podwright/runner"
import { safeLines } from "../../report/TextReport.ts"

const describe = ({ outcome, pod }: CancelledTask): string => {
  switch (outcome) {
    case "DriverStops":
      return pod.driver._tag === "Driven"
        ? `cancelled: its driver ${pod.driver.host}/${pod.driver.pid} stops it`
        : "cancelled: its driver stops it"
    case "Deleted":
      return "cancelled: no driver reacted, so the pod is being deleted with its grace period"
    case "Deleting":
      return "not cancelled: the pod is being deleted already"
    case "Ended":
      return `not cancelled: the command has ended (${pod.state}${pod.exitCode === undefined ? "" : `, exit code ${pod.exitCode}`})`
  }
}

/** A line for a person. */
export const cancelledLine = (cancelled: CancelledTask): string => {
  const { namespace, pod, taskId } = cancelled.pod
  return safeLines([`task ${taskId} (${namespace}/${pod}) ${describe(cancelled)}`])
}

/** Everything for a script. */
export const cancellingJson = (executionId: string, by: string, cancelled: ReadonlyArray<CancelledTask>): object => ({
  executionId,
  by,
  pods: cancelled.map(({ outcome, pod }) => ({
    taskId: pod.taskId,
    taskRunId: pod.taskRunId,
    attempt: pod.attempt,
    namespace: pod.namespace,
    pod: pod.pod,
    uid: pod.uid,
    stateBefore: pod.state,
    outcome
  }))
})
