/**
 * The signals that end the process, and what each means: INT and HUP cancel, TERM leaves pods
 * that can continue without us, and a signal after one that cancels waits no more. Owns the process's signal handlers.
 */
import { Deferred, Effect, Exit, type Scope } from "effect"
import * as Runtime from "effect/Runtime"

const asked = Deferred.makeUnsafe<void>()
const again = Deferred.makeUnsafe<void>()
let leaves = false
let lingers = false

/** Completes when the process is asked to end by TERM. */
export const terminated: Effect.Effect<void> = Deferred.await(asked)

/**
 * Completes at a signal after one that has cancelled: what is given time to end is to be ended now.
 */
export const hurried: Effect.Effect<void> = Deferred.await(again)

/**
 * Waits for what is left to do when the program has its result. A signal ends the wait, and no
 * longer changes the exit code.
 */
export const linger = (rest: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => {
      lingers = true
    }),
    Effect.raceFirst(rest, hurried)
  )

/**
 * For as long as the scope is open, a first TERM cancels nothing: `terminated` has the program
 * leave the pod that continues without it.
 */
export const leaveWhenTerminated: Effect.Effect<void, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    leaves = true
  }),
  () =>
    Effect.sync(() => {
      leaves = false
    })
)

/**
 * Runs the program as the process's own. Cancelled by INT, by HUP (a terminal that is closed), and
 * by TERM when nobody leaves anything; the exit code is then 130.
 */
export const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let signalled = false
  const cancel = () => {
    if (signalled || lingers) {
      Deferred.doneUnsafe(again, Exit.void)
      return
    }
    signalled = true
    fiber.interruptUnsafe(fiber.id)
  }
  const terminate = () => {
    if (!leaves || signalled || lingers || Deferred.isDoneUnsafe(asked)) return cancel()
    Deferred.doneUnsafe(asked, Exit.void)
  }
  const handlers = [
    ["SIGINT", cancel],
    ["SIGHUP", cancel],
    ["SIGTERM", terminate]
  ] as const
  for (const [signal, handler] of handlers) process.on(signal, handler)
  fiber.addObserver((exit) => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler)
    teardown(exit, (code) => {
      if (signalled || code !== 0) process.exit(code)
    })
  })
})
