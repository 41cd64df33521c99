/**
 * From a Kubernetes Status, or an error body that is none, to a reason. Pure. Also tells, for exec
 * and log, "there is no such running container (yet)" from every other failure.
 */
import { Option } from "effect"
import type { KubeReason } from "./KubeReason.ts"
import { classifyStatus, type KubeStatus, statusCode, statusFromText } from "./KubeStatus.ts"

/** What the request would have needed, to be named when it is forbidden. */
export interface Access {
  readonly verb: string
  readonly resource: string
  readonly namespace: string
}

/**
 * How API server, kubelet and container runtimes say that exec or log has nothing to join at the
 * moment. They give no reason of their own for it (400 BadRequest, 500 InternalError or none), so
 * the words are all there is. Seen on 1.35 with containerd, or read in the kubelet's source; the
 * table in the tests has them in full.
 */
const notRunning: ReadonlyArray<RegExp> = [
  // API server, pod not scheduled (seen)
  /does not have a host assigned/,
  // kubelet, container not created, waiting or ended (seen); pod not known to the kubelet yet
  // (`pkg/kubelet/server`)
  /unable to upgrade connection: (container not found|pod does not exist)/,
  /^container not found/,
  // kubelet, log of a container that has not started (seen)
  /is waiting to start/,
  // containerd: `container is in CONTAINER_EXITED state`, a task that has ended, and its shim's
  // states
  /container is in CONTAINER_(CREATED|EXITED|UNKNOWN) state/,
  /no running task found/,
  /cannot exec in a (created|stopped|deleted) state/,
  // runc, CRI-O
  /cannot exec (in|a) a? ?(stopped container|container that has stopped)/,
  /container is not created or running/
]

/** Is the container that an exec or a log request named not running (yet)? */
export const isNotRunningYet = (status: KubeStatus): boolean => {
  const kind = classifyStatus(status)
  if (kind !== "BadRequest" && kind !== "Server") return false
  const message = status.message ?? ""
  return notRunning.some((pattern) => pattern.test(message))
}

const withRetryAfter = (seconds: number | undefined) => (seconds === undefined ? {} : { retryAfterSeconds: seconds })

/**
 * How RBAC words a refusal (`k8s.io/apiserver`,
 * `pkg/endpoints/handlers/responsewriters/errors.go`).
 */
const rbacRefusal = /cannot (\S+) resource "([^"]+)" in API group "[^"]*" in the namespace "([^"]+)"/

/**
 * The right that is missing: the server's own words say it best, for some requests need several (an
 * exec `get` and `create`).
 */
const missingAccess = (detail: string, asked: Access): Access => {
  const [, verb, resource, namespace] = rbacRefusal.exec(detail) ?? []
  return verb === undefined || resource === undefined || namespace === undefined ? asked : { verb, resource, namespace }
}

/**
 * The reason a Status stands for. `retryAfterSeconds` is the response's Retry-After header, when it
 * had one.
 */
export const reasonFromStatus = (status: KubeStatus, access: Access, retryAfterSeconds?: number): KubeReason => {
  const detail = status.message ?? status.reason ?? `status ${statusCode(status)}`
  const retryAfter = withRetryAfter(retryAfterSeconds ?? status.details?.retryAfterSeconds)
  const kind = classifyStatus(status)
  switch (kind) {
    case "Forbidden":
      return { _tag: "Forbidden", ...missingAccess(detail, access), detail }
    case "Invalid":
      return {
        _tag: "Invalid",
        detail,
        causes: (status.details?.causes ?? []).map(({ field = "", message = "" }) => ({ field, message }))
      }
    case "TooManyRequests":
      return { _tag: "TooManyRequests", detail, ...retryAfter }
    case "Server":
      return { _tag: "ServerError", code: statusCode(status), detail, ...retryAfter }
    case "Other":
      return { _tag: "Protocol", detail: `status ${statusCode(status)}: ${detail}` }
    default:
      return { _tag: kind, detail }
  }
}

/** Same, for exec and log requests, where "no running container" is a reason of its own. */
export const reasonFromContainerStatus = (
  status: KubeStatus,
  access: Access,
  retryAfterSeconds?: number
): KubeReason =>
  isNotRunningYet(status)
    ? { _tag: "NotRunningYet", detail: status.message ?? "" }
    : reasonFromStatus(status, access, retryAfterSeconds)

/** A load balancer's error page may be long; this much of it is worth a person's time. */
const bodyExcerpt = 300

/**
 * The Status of an error response; one is made up from code and body when a proxy, not the API
 * server, has answered.
 */
export const statusOfResponse = (code: number, body: string): KubeStatus =>
  Option.getOrElse(statusFromText(body), () => ({
    status: "Failure",
    code,
    message: body.trim() === "" ? `HTTP ${code} without a body` : body.trim().slice(0, bodyExcerpt)
  }))

/** `Retry-After` in seconds; Kubernetes sends whole seconds, never a date. */
export const retryAfterOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined
