/**
 * Tells by the kubelet's events why it ended a container where the container's status says only
 * that it was ended: a postStart hook, a liveness or startup probe. Pure.
 */
import type { KubeEvent } from "@podwright/k8s-io"

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
