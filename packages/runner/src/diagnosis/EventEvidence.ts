/**
 * Tells by the kubelet's events why it ended a container where the container's status says only
 * that it was ended: a postStart hook, a liveness or startup probe. Pure.
 */
import type { KubeEvent } from "@podwright/k8s-io"
import { type Diagnosis, diagnosis, words } from "./Diagnosis.ts"

/** Why the kubelet ended a container by the task's own pod spec. */
export type Evidence =
  | { readonly _tag: "Hook"; readonly said: string }
  | { readonly _tag: "Probe"; readonly probe: "liveness" | "startup"; readonly said: string }

/** The reasons of the events that say something of an end. */
export const EVIDENCE_REASONS: ReadonlySet<string | undefined> = new Set([
  "FailedPostStartHook",
  "Unhealthy",
  "Killing"
])

const PROBE = /\bfailed (liveness|startup) probe\b/

/**
 * What the events say of the container's end. A failed probe alone ends nothing: the kubelet's
 * `Killing` says that it did.
 */
export const evidenceOf = (events: ReadonlyArray<KubeEvent>, container: string): Evidence | undefined => {
  const own = events.filter(({ involvedObject }) => involvedObject?.fieldPath === `spec.containers{${container}}`)
  const hook = own.find(({ reason }) => reason === "FailedPostStartHook")
  if (hook !== undefined) return { _tag: "Hook", said: hook.message?.trim() ?? "" }
  for (const { message = "", reason } of own) {
    const probe = reason === "Killing" ? PROBE.exec(message)?.[1] : undefined
    if (probe !== "liveness" && probe !== "startup") continue
    const failed = own.findLast(
      (event) => event.reason === "Unhealthy" && event.message?.toLowerCase().startsWith(probe) === true
    )
    return { _tag: "Probe", probe, said: (failed?.message ?? message).trim() }
  }
  return undefined
}

/**
 * A better diagnosis of main's end by the pod's events, where status says only that it was ended;
 * `found` itself where they say nothing of it.
 */
export const explainEnd = (found: Diagnosis, events: ReadonlyArray<KubeEvent>, main: string): Diagnosis => {
  const { cause } = found
  if (cause._tag !== "Killed" && cause._tag !== "CommandFailed") return found
  const evidence = evidenceOf(events, main)
  if (evidence === undefined) return found
  const { exitCode } = cause
  const { said } = evidence
  return evidence._tag === "Hook"
    ? diagnosis(
        { _tag: "HookFailed", exitCode, said },
        "permanent",
        words(
          `the kubelet ended the command (exit code ${exitCode}) because the container's postStart hook failed`,
          said
        ),
        "correct lifecycle.postStart in podSpec"
      )
    : diagnosis(
        { _tag: "ProbeFailed", exitCode, probe: evidence.probe, said },
        "permanent",
        words(
          `the kubelet ended the command (exit code ${exitCode}) because the container's ${evidence.probe} probe failed`,
          said
        ),
        `correct the ${evidence.probe}Probe in podSpec, or give it more time (failureThreshold, periodSeconds)`
      )
}
