/**
 * What a container's start reports to its pod's worker: outcomes and events, in a kubelet's and a
 * container runtime's words.
 */
import { Effect } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { ContainerSpec } from "./KubeletPod.ts"
import type { InstanceOutcome, PodContext } from "./PodSignal.ts"

/** What a runtime reports for a program that never ran. */
const START_ERROR_CODE = 128
const NEVER_STARTED = "1970-01-01T00:00:00Z"

/** A name that no other instance has. */
export const newContainerID = (): string => `local://${crypto.randomUUID().replaceAll("-", "")}`

/** Reports what became of an instance. */
export const reportOutcome = (context: PodContext, container: ContainerSpec, outcome: InstanceOutcome) =>
  context.send({ _tag: "Outcome", container: container.name, outcome })

/** Reports that a container waits, and why, with a warning event. */
export const reportWaiting = Effect.fnUntraced(function* (
  context: PodContext,
  container: ContainerSpec,
  reason: string,
  message: string
) {
  yield* reportOutcome(context, container, { _tag: "Waits", reason, message })
  yield* context.event(container.name, "Failed", `Error: ${message}`, "Warning")
})

/**
 * Reports that a container's program could not be started, for the reason given in runc's words.
 */
export const reportStartError = Effect.fnUntraced(function* (
  context: PodContext,
  container: ContainerSpec,
  why: string
) {
  const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`
  yield* context.event(container.name, "Failed", `Error: ${message}`, "Warning")
  const end = {
    exitCode: START_ERROR_CODE,
    reason: "StartError",
    message,
    startedAt: NEVER_STARTED,
    finishedAt: apiTime(),
    containerID: newContainerID()
  }
  yield* reportOutcome(context, container, { _tag: "Ended", end })
})
