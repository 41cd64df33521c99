/**
 * Which of the cluster's messages about a pod a person sees, and when: those that explain a wait, not
 * those of every start. Pure. What stands in a pod's own status (no node, a failed pull) is reported by
 * `Waiting`, with what to do.
 */
import type { RunEvent } from "@podwright/runner"

type PodEvent = Extract<RunEvent, { readonly _tag: "PodEvent" }>

export type PodEventNotice =
  | { readonly _tag: "Never" }
  | { readonly _tag: "Now"; readonly text: string }
  /** Once it has lasted: the next word on the container or the start of the run makes it needless. */
  | { readonly _tag: "IfItLasts"; readonly text: string }

/** A pull that takes shorter than this, ms, needs no word. */
export const LASTING_MS = 1_000

/**
 * Warnings of the pod's status in other words; and what a kubelet says of every pod that is deleted
 * while it starts.
 */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set([
  "FailedScheduling",
  "Failed",
  "BackOff",
  "InspectFailed",
  "ErrImageNeverPull"
])

/** What cluster autoscalers say of a pod that has no node. */
const AUTOSCALER: ReadonlySet<string> = new Set(["TriggeredScaleUp", "NotTriggerScaleUp"])

const never: PodEventNotice = { _tag: "Never" }

/** Milliseconds of Go's way to write a time, as in `Successfully pulled image "x" in 1m2.5s (…)`. */
const pullTime = (message: string): number => {
  const [, hours = "0", minutes = "0", seconds = "0"] =
    / in (?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?: |\.|$)/.exec(message) ?? []
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number.parseFloat(seconds)) * 1000
}

/** What to make of an event of a pod that does not run yet. */
export const podEventNotice = ({ count, message, reason, type }: PodEvent): PodEventNotice => {
  const now: PodEventNotice = { _tag: "Now", text: `${reason}: ${message.trim()}` }
  // What ends the run reports repetitions.
  if (count > 1) return never
  if (reason === "Pulling") return { _tag: "IfItLasts", text: message.trim() }
  if (reason === "Pulled") return pullTime(message) >= LASTING_MS ? { _tag: "Now", text: message.trim() } : never
  if (AUTOSCALER.has(reason)) return now
  return type === "Warning" && !TOLD_OTHERWISE.has(reason) ? now : never
}
