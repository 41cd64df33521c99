/**
 * The pods of a runner's ended runs that are not gone yet: a result does not wait for them, what comes
 * next may have to. Waits; deletes nothing itself.
 */
import { Effect, Fiber, type Scope } from "effect"

export interface PendingRemovals {
  /** Waits in the background; begun before it returns. */
  readonly add: (executionId: string, removal: Effect.Effect<void>) => Effect.Effect<void>
  /**
   * Completes when the pods of the execution's ended runs are gone, or of all executions. Of those
   * that have ended by now: it does not wait for later ones.
   */
  readonly gone: (executionId?: string) => Effect.Effect<void>
}

/** Nothing is waited for once the scope is closed: the cluster deletes the pods without us. */
export const pendingRemovals: Effect.Effect<PendingRemovals, never, Scope.Scope> = Effect.map(Effect.scope, (scope) => {
  const pending = new Map<Fiber.Fiber<void>, string>()
  return {
    add: (executionId, removal) =>
      Effect.map(Effect.forkIn(removal, scope), (fiber) => {
        pending.set(fiber, executionId)
        fiber.addObserver(() => pending.delete(fiber))
      }),
    gone: (executionId) =>
      Effect.suspend(() =>
        Fiber.awaitAll(
          [...pending].flatMap(([fiber, id]) => (executionId === undefined || id === executionId ? [fiber] : []))
        )
      ).pipe(Effect.asVoid)
  }
})
