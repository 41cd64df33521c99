/**
 * One request to the API server: raw JSON both ways, a deadline, error bodies read as Status,
 * retries by class. Does the I/O of the plain (non-WebSocket) services of this package, over the
 * connection's HTTP client.
 */
import { Duration, Effect, Result, Schedule } from "effect"
import { type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { KubeError } from "../error/KubeError.ts"
import type { KubeOperation, KubeSubject } from "../error/KubeMessage.ts"
import type { KubeReason } from "../error/KubeReason.ts"
import type { KubeStatus } from "../error/KubeStatus.ts"
import { isRetryable, retryAfterSeconds } from "../error/ReasonClass.ts"
import { type Access, reasonFromStatus, retryAfterOf, statusOfResponse } from "../error/StatusReason.ts"
import { connectReason, failureDetail } from "../error/TransportFailure.ts"
import type { KubeConnection } from "./KubeConnection.ts"
import { OwesAnswer } from "./ServerReach.ts"
import { warningsOf } from "./ServerWarnings.ts"

/** A request, and how to speak of it when it fails. */
export interface KubeRequest {
  /** `Service.method`, for the error. */
  readonly operation: KubeOperation
  readonly subject: KubeSubject
  /** What a Role must grant for it. */
  readonly access: Access
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** From the server's root, already encoded. */
  readonly path: string
  readonly urlParams?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Of the body; `application/json` when absent. */
  readonly contentType?: string
  /** Reads a refusal; by default as any other request. */
  readonly reason?: (status: KubeStatus, access: Access, retryAfterSeconds?: number) => KubeReason
}

/**
 * Deadline of one attempt, seconds. The server gives up itself after 60 (`--request-timeout`),
 * clients wait half of it.
 */
export const requestDeadline = 30

/**
 * Retries after the first attempt, and the bounds of the waits between. kube-rs'
 * `RetryPolicy::server_error_retry` has three; two more bridge the 12 s in which an API server
 * restarts or changes its etcd leader.
 */
export const retryTimes = 5
const retryFirstDelay = "500 millis"
const retryLongestDelay = "5 seconds"

/**
 * Nothing is sent again later than this after the first failure, milliseconds; the time that a
 * deadline took does not count. A server that is down for good is called so within a minute or so.
 */
const retryUntil = requestDeadline * 1000

/**
 * A request that ran into its deadline may have hung on its connection, so it gets another; two in
 * a row hang on the server.
 */
const retryTimeouts = 1

/**
 * One request is given up after this, seconds, whatever fails: a deadline, a wait, and another deadline.
 * For those who say how long they will wait.
 */
export const requestPatienceSeconds = 2 * requestDeadline

/**
 * A server that asks for a longer wait than this, seconds, is not obeyed here: the caller decides.
 */
const retryLongestAsked = 30

/**
 * Is the request sent again at once by this layer? Whatever passes by itself: 429, 5xx, no answer,
 * and an answer that was lost on its way. 410 is retried too: only watches use a resourceVersion,
 * and they have their own policy. "No such container yet" is not: its caller has a pace of its own.
 */
export const isRetriedHere = (reason: KubeReason): boolean =>
  reason._tag === "Gone" ||
  (reason._tag !== "NotRunningYet" && isRetryable(reason) && (retryAfterSeconds(reason) ?? 0) <= retryLongestAsked)

/**
 * Of one request. Every request of this package may be sent twice: reads, deletes guarded by UID,
 * creates under a fixed name, and patches whose test no longer holds then.
 */
const retries = () => {
  let timeouts = 0
  return Schedule.min([Schedule.exponential(retryFirstDelay), Schedule.spaced(retryLongestDelay)]).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: retryTimes }),
    Schedule.setInputType<KubeError>(),
    Schedule.while(({ elapsed, input }) => {
      const spent = elapsed - timeouts * requestDeadline * 1000
      if (input.reason._tag === "Timeout") return ++timeouts <= retryTimeouts
      return isRetriedHere(input.reason) && spent < retryUntil
    }),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(Duration.max(duration, Duration.seconds(retryAfterSeconds(input.reason) ?? 0)))
    )
  )
}

const retrying = <A, R>(effect: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> =>
  Effect.suspend(() => Effect.retry(effect, retries()))

const transportError =
  (request: KubeRequest, address: string) =>
  (error: HttpClientError.HttpClientError | KubeError): KubeError => {
    if (error._tag === "KubeError") return error
    const cause = error.reason.cause
    const reason: KubeReason =
      error.reason._tag === "TransportError"
        ? connectReason(cause, address)
        : error.reason._tag === "DecodeError"
          ? { _tag: "Cut", detail: failureDetail(cause) }
          : { _tag: "Protocol", detail: error.message }
    return new KubeError({ operation: request.operation, subject: request.subject, reason, cause: error })
  }

const isWholeJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * The error of a response that is not 2xx; reads its body. A refusal whose words were lost on their
 * way is asked for again: the code alone does not say what is wrong. What passes by itself needs no
 * words.
 */
const refusal = Effect.fnUntraced(function* (
  request: KubeRequest,
  response: HttpClientResponse.HttpClientResponse,
  address: string
) {
  const read = yield* Effect.result(response.text)
  const passes = response.status === 429 || response.status >= 500
  if (Result.isFailure(read) && !passes) return yield* transportError(request, address)(read.failure)
  const body = Result.getOrElse(read, () => "")
  if (!passes && body.trimStart().startsWith("{") && !isWholeJson(body)) {
    return yield* cutError(request, new Error(`the server refused with ${response.status}, and its words were cut`))
  }
  const status = statusOfResponse(response.status, body)
  const reason = (request.reason ?? reasonFromStatus)(
    status,
    request.access,
    retryAfterOf(response.headers["retry-after"])
  )
  return yield* new KubeError({ operation: request.operation, subject: request.subject, reason })
})

const send = Effect.fnUntraced(function* (connection: KubeConnection["Service"], request: KubeRequest) {
  const base = HttpClientRequest.make(request.method)(request.path, {
    ...(request.urlParams === undefined ? {} : { urlParams: request.urlParams }),
    // as kubectl: JSON, and for logs whatever there is
    accept: "application/json, */*"
  })
  const { body, contentType = "application/json" } = request
  const response = yield* connection.http
    .execute(body === undefined ? base : HttpClientRequest.bodyText(base, JSON.stringify(body), contentType))
    .pipe(Effect.mapError(transportError(request, connection.server.origin)))
  if (response.status < 200 || response.status > 299) return yield* refusal(request, response, connection.server.origin)
  return response
})

const withDeadline =
  (request: KubeRequest) =>
  <A, R>(effect: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> =>
    Effect.timeoutOrElse(effect, {
      duration: Duration.seconds(requestDeadline),
      orElse: () =>
        Effect.fail(
          new KubeError({
            operation: request.operation,
            subject: request.subject,
            reason: { _tag: "Timeout", seconds: requestDeadline }
          })
        )
    })

const isCreate = ({ access }: KubeRequest): boolean => access.verb === "create" && access.resource === "pods"

/**
 * Sends a request and reads its JSON answer. Each attempt has `requestDeadline`; up to `retryTimes`
 * retries follow failures that `isRetriedHere`, waiting at least what the server asks for. Every
 * attempt waits for its turn (`RequestRate`), which does not count for the deadline.
 */
export const requestJson = (
  connection: KubeConnection["Service"],
  request: KubeRequest
): Effect.Effect<unknown, KubeError> => Effect.map(requestAnswer(connection, request), ({ value }) => value)

/** A JSON answer, and what the server warns of beside it. */
export interface KubeAnswer {
  readonly value: unknown
  readonly warnings: ReadonlyArray<string>
}

/** The same as `requestJson`, with the server's warnings. */
export const requestAnswer = (
  connection: KubeConnection["Service"],
  request: KubeRequest
): Effect.Effect<KubeAnswer, KubeError> =>
  send(connection, request).pipe(
    Effect.flatMap((response) =>
      response.text.pipe(
        Effect.mapError(transportError(request, connection.server.origin)),
        Effect.flatMap((text) =>
          Effect.try({
            try: (): unknown => JSON.parse(text),
            // An API server writes whole JSON; what is not was cut on its way by something that
            // closed the answer properly.
            catch: (cause) => cutError(request, new Error(`the answer is not whole JSON: ${failureDetail(cause)}`))
          })
        ),
        Effect.map((value): KubeAnswer => ({ value, warnings: warningsOf(response.headers["warning"]) }))
      )
    ),
    withDeadline(request),
    (attempt) => Effect.andThen(connection.turns[isCreate(request) ? "create" : "other"], attempt),
    retrying
  )

/** How a streamed answer is opened. */
export interface StreamOpening {
  /** Whether `requestDeadline` bounds the wait for the head of the answer. */
  readonly deadline: boolean
  /**
   * Whether failures that `isRetriedHere` are retried here; a caller with a retry policy of its own
   * says no.
   */
  readonly retry: boolean
}

/** Sends a request and hands over the answer unread; reading it has no deadline. */
export const requestStream = (
  connection: KubeConnection["Service"],
  request: KubeRequest,
  opening: StreamOpening
): Effect.Effect<HttpClientResponse.HttpClientResponse, KubeError> => {
  const sent = opening.deadline
    ? withDeadline(request)(send(connection, request))
    : Effect.provideService(send(connection, request), OwesAnswer, false)
  return opening.retry ? retrying(sent) : sent
}

/** The error of an answer outside the protocol. */
export const protocolError = (request: KubeRequest, detail: string): KubeError =>
  new KubeError({ operation: request.operation, subject: request.subject, reason: { _tag: "Protocol", detail } })

/** The error of an answer that stopped before its end. */
export const cutError = (request: KubeRequest, cause: unknown): KubeError =>
  new KubeError({
    operation: request.operation,
    subject: request.subject,
    reason: { _tag: "Cut", detail: failureDetail(cause) },
    cause
  })
