/**
 * Merging fragments of a pod's spec, later layers over earlier ones, with lists merged as Kubernetes' own API types key them.
 * Pure: inputs are never changed and never shared with the result.
 *
 * - Objects merge deep; `null` in a later layer takes away what an earlier one set.
 * - Keyed lists merge by key, earlier layers first: an entry that both have stays where it was.
 * - Inside `securityContext`, and for argument lists (`command`, `args`), the later list replaces the earlier one.
 * - Other lists are concatenated; tolerations that are equal in every field are kept once.
 */
import { deepmergeCustom } from "deepmerge-ts"
import { canonicalJson } from "./internal/CanonicalJson.ts"
import { isObject, withoutNulls } from "./internal/JsonValue.ts"
import type { Json, JsonObject } from "./PodManifest.ts"

interface ListKey {
  readonly fields: ReadonlyArray<string>
  /** The API's default for a key field that may be left out. */
  readonly defaults?: JsonObject
  /** Entries of one key replace each other whole where their fields exclude each other (`value` and `valueFrom`). */
  readonly replaces?: boolean
}

/** By list field: `x-kubernetes-list-map-keys` of core/v1 in the OpenAPI document of Kubernetes 1.35. */
const LIST_KEYS: ReadonlyMap<string, ListKey> = new Map<string, ListKey>([
  ["containers", { fields: ["name"] }],
  ["initContainers", { fields: ["name"] }],
  ["env", { fields: ["name"], replaces: true }],
  ["ports", { fields: ["containerPort", "protocol"], defaults: { protocol: "TCP" } }],
  ["volumes", { fields: ["name"], replaces: true }],
  ["volumeMounts", { fields: ["mountPath"] }],
  ["volumeDevices", { fields: ["devicePath"] }],
  ["imagePullSecrets", { fields: ["name"] }],
  ["hostAliases", { fields: ["ip"] }],
  ["topologySpreadConstraints", { fields: ["topologyKey", "whenUnsatisfiable"] }],
  ["resourceClaims", { fields: ["name"] }],
  ["claims", { fields: ["name"] }],
  ["schedulingGates", { fields: ["name"] }]
])

/** Argument lists are one value: half of one program's arguments behind another's name is never meant. */
const REPLACED_LISTS: ReadonlySet<string> = new Set(["command", "args"])

const keyOf = (entry: Json, key: ListKey): string | undefined => {
  if (!isObject(entry)) return undefined
  const parts = key.fields.map((field) => entry[field] ?? key.defaults?.[field])
  return parts.every((part) => part !== undefined && part !== null) ? JSON.stringify(parts) : undefined
}

/**
 * Merges lists by key. Entries that repeat a key within one list stay apart: whether that is allowed is the API server's to say.
 */
const mergeByKey = (
  lists: ReadonlyArray<ReadonlyArray<Json>>,
  key: ListKey,
  merge: (earlier: Json, later: Json) => Json
): ReadonlyArray<Json> => {
  const result: Array<Json> = []
  for (const list of lists) {
    const earlier = new Map<string, number>()
    for (const [index, entry] of result.entries()) {
      const name = keyOf(entry, key)
      if (name !== undefined) earlier.set(name, index)
    }
    for (const entry of list) {
      const name = keyOf(entry, key)
      const index = name === undefined ? undefined : earlier.get(name)
      const previous = index === undefined ? undefined : result[index]
      if (name === undefined || index === undefined || previous === undefined) {
        result.push(entry)
        continue
      }
      result[index] = key.replaces === true ? entry : merge(previous, entry)
      earlier.delete(name)
    }
  }
  return result
}

const withoutRepeats = (list: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const seen = new Set<string>()
  return list.filter((entry) => {
    const text = canonicalJson(entry)
    return !seen.has(text) && seen.add(text)
  })
}

/** Where in the spec a merge is: the field that holds the value, and whether a `securityContext` lies above. */
interface Place {
  readonly field: string
  readonly inSecurityContext: boolean
}

const isLists = (values: ReadonlyArray<unknown>): values is ReadonlyArray<ReadonlyArray<Json>> =>
  values.every((value) => Array.isArray(value))

const mergeLists = (lists: ReadonlyArray<ReadonlyArray<Json>>, place: Place | undefined): ReadonlyArray<Json> => {
  const field = place?.field ?? ""
  if (place?.inSecurityContext === true || REPLACED_LISTS.has(field)) return lists.at(-1) ?? []
  const key = LIST_KEYS.get(field)
  if (key !== undefined) return mergeByKey(lists, key, (earlier, later) => mergeJson([earlier, later]))
  return field === "tolerations" ? withoutRepeats(lists.flat()) : lists.flat()
}

type Merge = (...values: ReadonlyArray<Json>) => Json

const deepmerge = deepmergeCustom<unknown, { DeepMergeArraysURI: "DeepMergeLeafURI" }, Place | undefined>({
  metaDataUpdater: (above, { key }) => ({
    field: String(key),
    inSecurityContext: above?.inSecurityContext === true || key === "securityContext"
  }),
  mergeArrays: (values, _utils, place) => (isLists(values) ? mergeLists(values, place) : values.at(-1))
}) as Merge

const mergeJson = (values: ReadonlyArray<Json>): Json => deepmerge(...values)

/** Merges layers, the last wins. The keys of the result come in the order in which layers first name them. */
export const mergeSpecs = (...layers: ReadonlyArray<JsonObject>): JsonObject => {
  const merged = withoutNulls(mergeJson(layers))
  return isObject(merged) ? merged : {}
}
