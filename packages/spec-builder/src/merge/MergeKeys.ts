/**
 * What the Kubernetes API says of the lists and objects of a Pod's spec that a merge must know: by
 * which key entries are told apart, and which fields exclude each other. Data.
 */
import type { JsonObject } from "../values/Json.ts"
export interface ListKey {
  /** `x-kubernetes-list-map-keys` of the list. */
  readonly fields: ReadonlyArray<string>
  /** The API's default for a key field that may be left out. */
  readonly defaults?: JsonObject
  /**
   * Entries of one key replace each other whole where their fields exclude each other (`value` and
   * `valueFrom`).
   */
  readonly replaces?: boolean
}

/**
 * By list field: every list of a Pod's spec that core/v1 of Kubernetes 1.35 keys.
 * `tooling/conformance/real/mergeKeys.test.ts` compares it with a real server's OpenAPI document.
 */
export const LIST_KEYS: ReadonlyMap<string, ListKey> = new Map<string, ListKey>([
  ["containers", { fields: ["name"] }],
  ["initContainers", { fields: ["name"] }],
  ["ephemeralContainers", { fields: ["name"] }],
  ["env", { fields: ["name"], replaces: true }],
  ["ports", { fields: ["containerPort", "protocol"], defaults: { protocol: "TCP" } }],
  ["volumes", { fields: ["name"], replaces: true }],
  ["volumeMounts", { fields: ["mountPath"] }],
  ["volumeDevices", { fields: ["devicePath"] }],
  ["imagePullSecrets", { fields: ["name"] }],
  ["hostAliases", { fields: ["ip"] }],
  ["topologySpreadConstraints", { fields: ["topologyKey", "whenUnsatisfiable"] }],
  ["resourceClaims", { fields: ["name"], replaces: true }],
  ["claims", { fields: ["name"] }],
  ["schedulingGates", { fields: ["name"] }],
  ["ownerReferences", { fields: ["uid"] }]
])

/** The API documents no key for these, but takes only one entry of each. */
export const SINGLE_ENTRY_KEYS: ReadonlyMap<string, ListKey> = new Map<string, ListKey>([
  ["resizePolicy", { fields: ["resourceName"] }]
])

/**
 * Argument lists are one value: nobody means half of one program's arguments after another's name.
 */
export const REPLACED_LISTS: ReadonlySet<string> = new Set(["command", "args"])

const HANDLERS: ReadonlyArray<string> = ["exec", "grpc", "httpGet", "sleep", "tcpSocket"]
/**
 * By field: which members of it exclude each other. The API refuses an object that has two of them.
 */
export const EXCLUSIVE: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  ["livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"].map((field) => [field, HANDLERS])
)
/** `x-kubernetes-unions`: objects whose `type` says which other fields they may have. */
export const UNIONS: ReadonlySet<string> = new Set(["seccompProfile", "appArmorProfile"])
