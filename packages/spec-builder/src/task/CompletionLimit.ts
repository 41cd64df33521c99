/** How long a task's command may run, and which option says so. Pure. */
import type { Duration } from "effect"

/** A limit, and the option that a message about it names. */
export interface CompletionLimit {
  readonly option: "timeout" | "waitUntilCompletion"
  readonly duration: Duration.Duration
}

/** The task's own `timeout`, else the runner's `waitUntilCompletion`. */
export const completionLimit = (
  timeout: Duration.Duration | undefined,
  { waitUntilCompletion }: { readonly waitUntilCompletion: Duration.Duration }
): CompletionLimit =>
  timeout === undefined
    ? { option: "waitUntilCompletion", duration: waitUntilCompletion }
    : { option: "timeout", duration: timeout }
