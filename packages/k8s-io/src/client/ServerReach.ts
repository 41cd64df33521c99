/**
 * Watches the requests of a connection for a server that does not answer, and tells whoever waits for
 * it; `ServerSilence` decides. Sends nothing itself.
 */
import { Clock, Context, Effect, Stream, SubscriptionRef } from "effect"
import type { HttpClientError } from "effect/http"
import { failureDetail } from "../error/TransportFailure.ts"
import { type Asking, afterAsking, decideSaying, nothingAsked, type ServerNotice } from "./ServerSilence.ts"

/** Whether the server owes the head of an answer at once; of a followed log it does not. */
export const OwesAnswer = Context.Reference<boolean>("@podwright/k8s-io/OwesAnswer", { defaultValue: () => true })

/** Whether the server of a connection answers. */
export interface ServerReach {
  /** The same request, whose answer, failure or end is noted. */
  readonly noting: <A, R>(
    request: Effect.Effect<A, HttpClientError.HttpClientError, R>
  ) => Effect.Effect<A, HttpClientError.HttpClientError, R>
  /** Tells of a silence within two seconds, and of its end; each once. Never ends. */
  readonly follow: (tell: (notice: ServerNotice) => Effect.Effect<void>) => Effect.Effect<never>
}

/** Of one server; `address` is for people. */
export const makeServerReach = Effect.fnUntraced(function* (address: string): Effect.fn.Return<ServerReach> {
  const known = yield* SubscriptionRef.make(nothingAsked)
  let asked = 0
  const note = (asking: Asking) => SubscriptionRef.update(known, (before) => afterAsking(before, asking))
  const noted: ServerReach["noting"] = (request) =>
    Effect.gen(function* () {
      const id = ++asked
      yield* note({ _tag: "Asked", id, at: yield* Clock.currentTimeMillis })
      return yield* request.pipe(
        Effect.tap(() => Effect.flatMap(Clock.currentTimeMillis, (at) => note({ _tag: "Answered", id, at }))),
        Effect.tapError((error) => note({ _tag: "Failed", id, detail: failureDetail(error.reason.cause ?? error) })),
        Effect.onInterrupt(() => note({ _tag: "Dropped", id }))
      )
    })

  const follow: ServerReach["follow"] = Effect.fnUntraced(function* (tell) {
    let told: number | undefined
    while (true) {
      const seen = yield* SubscriptionRef.get(known)
      const before = told
      const saying = decideSaying(seen, before, yield* Clock.currentTimeMillis)
      told = saying.told
      if (saying.say === "Silent") {
        yield* tell({
          _tag: "Silent",
          address,
          ...(seen.failing === undefined ? {} : { detail: seen.failing.detail })
        })
      } else if (saying.say === "Answers" && before !== undefined) {
        yield* tell({ _tag: "Answers", address, afterMs: seen.answeredAt - before })
      }
      const news = SubscriptionRef.changes(known).pipe(
        Stream.filter((next) => next !== seen),
        Stream.runHead
      )
      yield* saying.lookInMs === undefined ? news : Effect.timeoutOption(news, saying.lookInMs)
    }
  })

  return {
    noting: (request) => Effect.flatMap(OwesAnswer, (owes) => (owes ? noted(request) : request)),
    follow
  }
})
