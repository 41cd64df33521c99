/**
 * What follows from a reason, whatever the operation: whether it passes, when to ask again, whether
 * a Role is missing. Pure.
 */
import type { KubeReason } from "./KubeReason.ts"

/**
 * Codes of the server that pass by themselves: internal error, bad gateway, unavailable, gateway
 * timeout.
 */
const passingCodes: ReadonlySet<number> = new Set([500, 502, 503, 504])

/**
 * May the same request succeed when it is sent again later? Retry classes of client-go and kube-rs.
 */
export const isRetryable = (reason: KubeReason): boolean => {
  switch (reason._tag) {
    case "Unreachable":
    case "TooManyRequests":
    case "Timeout":
    case "Cut":
    case "NotRunningYet":
      return true
    case "ServerError":
      return passingCodes.has(reason.code)
    default:
      return false
  }
}

/** How long the server asks to wait, seconds; undefined when it does not ask. */
export const retryAfterSeconds = (reason: KubeReason): number | undefined =>
  reason._tag === "TooManyRequests" || reason._tag === "ServerError" ? reason.retryAfterSeconds : undefined

/**
 * A refusal for want of a Role, unlike one by a quota or a policy: RBAC says what the user cannot
 * do, and the check of `create` on `pods/exec` (1.35) says nothing after its colon (both seen).
 */
const rbacRefusal = / cannot \S+ resource | is forbidden: *$/

/**
 * Is it a refusal for want of a Role? It comes before anything is carried out, and asking again
 * does not change it.
 */
export const isRbacRefusal = (reason: KubeReason): boolean =>
  reason._tag === "Forbidden" && reason.check === undefined && rbacRefusal.test(reason.detail)
