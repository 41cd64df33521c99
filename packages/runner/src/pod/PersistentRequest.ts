/**
 * Short requests that decide whether a pod is abandoned: retried, on another connection where one
 * hangs, for as long as a caller may be held up. They are retried here beside the request's own
 * retries, because those give up within seconds and never retry a refusal. Does no I/O of its own.
 */
import {
  isRbacRefusal,
  KubeError,
  type KubeOperation,
  type KubeSubject,
  requestPatienceSeconds
} from "@podwright/k8s-io"
import { Effect, Schedule } from "effect"

/**
 * How long it may take, seconds, before the run ends without an answer: an API server that is down
 * must not hold the caller.
 */
const LIMIT_SECONDS = 15
/**
 * Such a request is answered in milliseconds. One that hangs for this long, seconds, hangs on its
 * connection.
 */
const ATTEMPT_SECONDS = 4
/**
 * A server that is back within a few seconds still receives it; its last answer is then the reason.
 */
const AGAIN = Schedule.spaced("500 millis").pipe(Schedule.upTo({ duration: "10 seconds" }))

/**
 * How long a run that has no pod yet waits for a server that does not answer, seconds: its request,
 * and the question whether that has made the pod.
 */
export const STARTING_PATIENCE_SECONDS = requestPatienceSeconds + LIMIT_SECONDS

/**
 * Whether the error may pass: also refusals (a token is renewed, a webhook comes back), but for
 * those of RBAC, which stay.
 */
const mayPass = ({ reason, retryable }: KubeError): boolean =>
  retryable || reason._tag === "Unauthorized" || (reason._tag === "Forbidden" && !isRbacRefusal(reason))

const within =
  (subject: KubeSubject, operation: KubeOperation, seconds: number) =>
  <A, R>(request: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> =>
    Effect.timeoutOrElse(request, {
      duration: `${seconds} seconds`,
      orElse: () => Effect.fail(new KubeError({ operation, subject, reason: { _tag: "Timeout", seconds } }))
    })

/**
 * Sends the request until there is an answer, or an error that does not pass. Takes at most 15
 * seconds.
 */
export const persistently = <A, R>(
  operation: KubeOperation,
  subject: KubeSubject,
  request: Effect.Effect<A, KubeError, R>,
  passes: (error: KubeError) => boolean = mayPass
): Effect.Effect<A, KubeError, R> =>
  request.pipe(
    within(subject, operation, ATTEMPT_SECONDS),
    Effect.retry({ while: passes, schedule: AGAIN }),
    within(subject, operation, LIMIT_SECONDS)
  )
