/**
 * How fast one connection may send ordinary requests, so that a process with a thousand runs takes
 * its turn among the API server's other clients instead of being queued and refused (429) by API
 * Priority and Fairness. A token bucket: the decision is pure, the waiting is here. Watches, logs
 * and execs are not counted: the server itself does not hold them to its limits of requests in
 * flight, and each has a policy of its own (one watch for all runs, the runner's budget of execs).
 */
import { Clock, Duration, Effect } from "effect"

/** `perSecond` in the long run, `burst` at once after a quiet time. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/**
 * For creating pods. kube-scheduler binds 50 pods a second with bursts of 100 (`clientConnection`
 * defaults of KubeSchedulerConfiguration), so pods made faster would only wait there. Forty runs at
 * once are not held up.
 */
export const createLimit: RateLimit = { perSecond: 50, burst: 100 }

/**
 * For everything else, apart, so that starting runs never hold up the end of others. A cancelled
 * process has fifteen seconds to delete its pods: this sends a thousand deletions in eight.
 */
export const otherLimit: RateLimit = { perSecond: 100, burst: 200 }

/**
 * How many requests could be sent at once, as of a moment in milliseconds; less than none when some
 * wait already.
 */
export interface TokenBucket {
  readonly tokens: number
  readonly at: number
}

/** A bucket nobody has taken from. */
export const fullBucket = (limit: RateLimit): TokenBucket => ({ tokens: limit.burst, at: 0 })

/**
 * Takes one token at `now`, milliseconds: the bucket afterwards, and how long its taker has to
 * wait. First come, first served.
 */
export const takeToken = (
  limit: RateLimit,
  bucket: TokenBucket,
  now: number
): { readonly bucket: TokenBucket; readonly delay: number } => {
  // a clock that was set back gives nothing, and takes nothing
  const elapsed = Math.max(0, now - bucket.at)
  const tokens = Math.min(limit.burst, bucket.tokens + (elapsed * limit.perSecond) / 1000) - 1
  return { bucket: { tokens, at: now }, delay: tokens >= 0 ? 0 : (-tokens * 1000) / limit.perSecond }
}

/**
 * A wait that a person looking for lost time should find in the debug log; client-go logs from one
 * second, too.
 */
const longWait = 1000

/** Waits for the next request's turn under one limit. */
export const makeTurns = (limit: RateLimit): Effect.Effect<void> => {
  let bucket = fullBucket(limit)
  return Effect.gen(function* () {
    const taken = takeToken(limit, bucket, yield* Clock.currentTimeMillis)
    bucket = taken.bucket
    if (taken.delay === 0) return
    if (taken.delay >= longWait)
      yield* Effect.logDebug(`a request waits ${Math.round(taken.delay)} ms for its turn (client-side rate limit)`)
    // A waiter that gives up returns its turn: a request that is tried again would otherwise queue
    // behind itself.
    yield* Effect.onInterrupt(Effect.sleep(Duration.millis(taken.delay)), () =>
      Effect.sync(() => {
        bucket = { ...bucket, tokens: bucket.tokens + 1 }
      })
    )
  })
}

/** The turns of one connection, which all its services share. */
export interface RequestTurns {
  readonly create: Effect.Effect<void>
  readonly other: Effect.Effect<void>
}

/** Turns of a connection of its own. */
export const makeRequestTurns = (): RequestTurns => ({ create: makeTurns(createLimit), other: makeTurns(otherLimit) })
