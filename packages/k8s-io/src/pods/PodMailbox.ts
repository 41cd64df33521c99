/**
 * One follower's view of one pod: holds what it has not read yet, conflated, so that a slow
 * follower costs nothing and holds nobody back. Keeps at most an end and the latest state after it.
 * In memory only.
 */
import { Effect, Exit, Stream } from "effect"
import type { KubeError } from "../error/KubeError.ts"
import type { PodChange } from "./PodWatchStep.ts"

/**
 * Conflates: what a follower who has `unread` to come should get once `next` has happened, too. The
 * latest state replaces earlier ones; the end of a pod is kept when a new pod of that name follows
 * it.
 */
export const conflate = (unread: ReadonlyArray<PodChange>, next: PodChange): ReadonlyArray<PodChange> => {
  const ended = unread.findLast((change) => change._tag === "Deleted")
  return next._tag === "Deleted" || ended === undefined ? [next] : [ended, next]
}

/** A follower's mailbox. */
export interface PodMailbox {
  readonly offer: (change: PodChange) => void
  readonly fail: (error: KubeError) => void
  /** To be read once. */
  readonly changes: Stream.Stream<PodChange, KubeError>
}

/** An empty mailbox. */
export const makePodMailbox = (): PodMailbox => {
  let unread: ReadonlyArray<PodChange> = []
  let failure: KubeError | undefined
  let waiting: (() => void) | undefined
  const wake = () => {
    const resume = waiting
    waiting = undefined
    resume?.()
  }
  const take = (): Exit.Exit<[PodChange, ...Array<PodChange>], KubeError> | undefined => {
    const [first, ...rest] = unread
    if (first !== undefined) {
      unread = []
      return Exit.succeed([first, ...rest])
    }
    return failure === undefined ? undefined : Exit.fail(failure)
  }
  const pull = Effect.callback<[PodChange, ...Array<PodChange>], KubeError>((resume) => {
    const ready = take()
    if (ready !== undefined) return resume(ready)
    waiting = () => {
      const late = take()
      if (late !== undefined) resume(late)
    }
    return Effect.sync(() => {
      waiting = undefined
    })
  })
  return {
    offer: (change) => {
      unread = conflate(unread, change)
      wake()
    },
    fail: (error) => {
      failure ??= error
      wake()
    },
    changes: Stream.fromPull(Effect.succeed(pull))
  }
}
