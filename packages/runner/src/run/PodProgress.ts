/** Says in words what a pod that does not run yet is busy with, for timeouts. Pure. */
import type { TransferProgress } from "@podwright/file-sync"
import type { KubeEvent } from "@podwright/k8s-io"
import type { PodObservation } from "../diagnosis/PodObservation.ts"
import type { RunFacts } from "../task/RunResult.ts"

/** `last` is what the cluster said last about the pod: a pull, a volume that cannot be mounted. */
export const describeProgress = (pod: PodObservation | undefined, last?: KubeEvent): string => {
  const said = last?.message === undefined ? "" : `; the cluster said last: ${last.message.trim()} (${last.reason})`
  return `${describePod(pod)}${said}`
}

/**
 * Says what a command's time went into, as far as we have seen: its inputs may still be on their
 * way, or its container is not started yet.
 */
export const describeRunning = (
  { logLines, timings }: Pick<RunFacts, "logLines" | "timings">,
  pod: PodObservation | undefined,
  delivered: boolean
): string => {
  if (!delivered) return "delivering the input files"
  if (timings.started === undefined) return describePod(pod)
  const lines = logLines.stdout + logLines.stderr
  return `running the command (${lines === 0 ? "it has printed nothing" : `it has printed ${lines} line${lines === 1 ? "" : "s"}`})`
}

/** Says what came of the outputs before nothing came any more. */
export const describeCollecting = (outputs: TransferProgress | undefined): string =>
  `the log's end and the output files (${outputs === undefined ? "no file has come" : `${outputs.bytes} bytes of ${outputs.files} file${outputs.files === 1 ? "" : "s"} had come`})`

const describePod = (pod: PodObservation | undefined): string => {
  if (pod === undefined) return "creating the pod"
  if (pod.unschedulable !== undefined) return `waiting for a node (${pod.unschedulable})`
  if (pod.gated !== undefined) return `waiting for its scheduling gates (${pod.gated})`
  if (pod.node === undefined) return "waiting for the scheduler"
  const states = [...pod.containers].flatMap(([name, state]) => {
    // Where others wait, an init container that runs is what they wait for.
    if (state._tag === "Running") return [`${name}: running`]
    if (state._tag !== "Waiting") return []
    return [`${name}: ${state.reason ?? "waiting"}${state.message === undefined ? "" : ` (${state.message})`}`]
  })
  if ([...pod.containers.values()].some(({ _tag }) => _tag === "Waiting"))
    return `starting containers on node ${pod.node}: ${states.join(", ")}`
  return pod.main._tag === "Running"
    ? "reaching the pod's helper container by exec"
    : `starting containers on node ${pod.node}`
}
