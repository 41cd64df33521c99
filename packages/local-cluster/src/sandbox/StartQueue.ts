/**
 * Whose program starts next when many are to: a few at once, and those of the oldest pod first. So
 * a pod's containers start one after the other and an exec in it comes before the start of younger
 * pods; in the order of asking, all pods of a burst would have started half of their containers
 * before the first has all of them.
 */
import { Deferred, Effect } from "effect"

export interface StartQueue {
  /**
   * Runs the start when its turn has come; the lowest `age` is first, and who asked first among the
   * same.
   */
  readonly turn: (age: number) => <A, E, R>(start: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

interface Waiter {
  readonly age: number
  readonly called: Deferred.Deferred<void>
}

/** A queue that lets `atOnce` starts run at a time. */
export const makeStartQueue = (atOnce: number): StartQueue => {
  /** By age, oldest first. */
  const waiters: Array<Waiter> = []
  let running = 0

  const next = () => {
    const waiter = waiters.shift()
    if (waiter === undefined) running -= 1
    else Deferred.doneUnsafe(waiter.called, Effect.void)
  }

  /** Gives the turn of a waiter that no longer wants it to the next one. */
  const withdraw = (waiter: Waiter) => {
    const place = waiters.indexOf(waiter)
    if (place < 0) next()
    else waiters.splice(place, 1)
  }

  const join = (age: number): Waiter => {
    const waiter = { age, called: Deferred.makeUnsafe<void>() }
    const behind = waiters.findLastIndex((other) => other.age <= age)
    waiters.splice(behind + 1, 0, waiter)
    return waiter
  }

  return {
    turn: (age) => (start) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          if (running < atOnce) {
            running += 1
            return Effect.void
          }
          const waiter = join(age)
          return restore(Deferred.await(waiter.called)).pipe(
            Effect.onInterrupt(() => Effect.sync(() => withdraw(waiter)))
          )
        }).pipe(Effect.andThen(restore(start).pipe(Effect.ensuring(Effect.sync(next)))))
      )
  }
}
