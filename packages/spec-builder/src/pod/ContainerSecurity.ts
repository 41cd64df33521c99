/**
 * What Pod Security *restricted* asks of every container, and which user a helper runs as. Pure.
 */

import { mergeSpecs } from "../merge/SpecMerge.ts"
import { isList, isObject, type Json, type JsonObject } from "../values/Json.ts"
import type { Layer } from "./SpecLayers.ts"

/**
 * `nobody`: for a main that is known not to be root but whose user only its image knows, as busybox
 * itself says root.
 */
const FALLBACK_USER = 65_534

/**
 * The API refuses these beside `allowPrivilegeEscalation: false`, under either name of the
 * capability.
 */
const ESCALATING: ReadonlySet<Json> = new Set(["SYS_ADMIN", "CAP_SYS_ADMIN"])

const field = (value: Json | undefined, name: string): Json | undefined => (isObject(value) ? value[name] : undefined)

const escalates = (context: Json | undefined): boolean => {
  const added = field(field(context, "capabilities"), "add")
  return field(context, "privileged") === true || (isList(added) && added.some((name) => ESCALATING.has(name)))
}

/**
 * What *restricted* asks for besides the user, as far as the users' own `context` leaves it
 * possible.
 */
const restricted = (context: Json | undefined): JsonObject => ({
  ...(escalates(context) ? {} : { allowPrivilegeEscalation: false }),
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" }
})

const contextOf = (layers: ReadonlyArray<Layer>): Json | undefined =>
  mergeSpecs(...layers.map((layer) => layer.value))["securityContext"]

/**
 * Main's: whoever says that main is not root gets the rest of *restricted* as well, as a default. A
 * main that may be root keeps what the cluster gives it: without capabilities its root could do
 * less than a user.
 */
export const mainSecurity = (layers: ReadonlyArray<Layer>, podSpec: JsonObject): JsonObject => {
  const context = contextOf(layers)
  const pod = podSpec["securityContext"]
  if ((field(context, "runAsNonRoot") ?? field(pod, "runAsNonRoot")) !== true) return {}
  const { seccompProfile, ...rest } = restricted(context)
  // The pod's own profile counts for main too; a container's would go before it.
  const given = field(pod, "seccompProfile")
  const profile = given === undefined || given === null ? { seccompProfile: seccompProfile ?? null } : {}
  return { securityContext: { ...rest, ...profile } }
}

/** The user that main runs as where the pod says so; undefined where its image decides. */
export const knownUser = (main: JsonObject, podSpec: JsonObject): number | undefined => {
  const user = field(main["securityContext"], "runAsUser") ?? field(podSpec["securityContext"], "runAsUser")
  return typeof user === "number" ? user : undefined
}

/**
 * The users that a helper runs as: main's when that is known not to be root, and root's where main
 * is root in a pod of another user; otherwise nothing is set. A container's own setting goes before
 * the pod's.
 */
export const helperUser = (main: JsonObject, podSpec: JsonObject): JsonObject => {
  const pod = podSpec["securityContext"]
  const setting = (name: string): Json | undefined => field(main["securityContext"], name) ?? field(pod, name)
  const user = setting("runAsUser")
  const group = setting("runAsGroup")
  if (user === 0 && (field(pod, "runAsNonRoot") === true || (field(pod, "runAsUser") ?? 0) !== 0)) {
    return { runAsNonRoot: false, runAsUser: 0 }
  }
  const known = typeof user === "number" && user !== 0
  if (!known && !(user === undefined && setting("runAsNonRoot") === true)) return {}
  return {
    runAsNonRoot: true,
    runAsUser: known ? user : FALLBACK_USER,
    ...(typeof group === "number" ? { runAsGroup: group } : {})
  }
}

/** A helper's: the least rights, whatever main has. */
export const helperSecurity = (layers: ReadonlyArray<Layer>, user: JsonObject): JsonObject => ({
  securityContext: { ...restricted(contextOf(layers)), readOnlyRootFilesystem: true, ...user }
})
