/**
 * Merges layers by the rules of `SpecMerge.ts`, and keeps of every part which layer set it.
 * `deepmerge-ts` walks the fields, two layers at a time; what becomes of two values that meet is
 * decided here. Pure.
 */
import { deepmergeCustom } from "deepmerge-ts"
import { canonicalJson } from "../values/CanonicalJson.ts"
import type { Json } from "../values/Json.ts"
import { EXCLUSIVE, LIST_KEYS, type ListKey, REPLACED_LISTS, SINGLE_ENTRY_KEYS, UNIONS } from "./MergeKeys.ts"
import {
  isTraced,
  type Overridden,
  type Traced,
  type TracedLayer,
  type TracedList,
  type TracedObject,
  tracedObject,
  traceObject,
  untrace
} from "./Traced.ts"

/** What two traced values merge to, for `deepmerge-ts`' types. */
declare module "deepmerge-ts" {
  interface DeepMergeFunctionURItoKind<Ts extends ReadonlyArray<unknown>, Fs extends DeepMergeFunctionsURIs, in out M> {
    readonly PodwrightTracedURI: Ts extends readonly [TracedObject, TracedObject] ? TracedObject : Traced
  }
}

/**
 * Where in the spec a merge is: the field that holds the value, and whether a `securityContext`
 * lies above.
 */
type Place = Readonly<{ field: string; inSecurityContext: boolean }>

const ROOT: Place = { field: "", inSecurityContext: false }

const isNull = (traced: Traced): boolean => traced._tag === "Scalar" && traced.value === null

const keyOf = (entry: Traced, key: ListKey): string | undefined => {
  if (entry._tag !== "Object") return undefined
  const parts = key.fields.map((field): Json => {
    const part = entry.fields.get(field)
    return (part === undefined ? undefined : untrace(part)) ?? key.defaults?.[field] ?? null
  })
  return parts.includes(null) ? undefined : canonicalJson(parts)
}

/** Without the nulls in its objects: there was nothing that they could take away. */
const adopt = (traced: Traced): Traced => {
  if (traced._tag === "Scalar") return traced
  return traced._tag === "List" ? { ...traced, items: traced.items.map(adopt) } : adoptObject(traced)
}

const adoptObject = (traced: TracedObject): TracedObject => {
  const kept = Array.from(traced.fields).filter(([, one]) => !isNull(one))
  return { ...traced, fields: new Map(kept.map(([field, one]) => [field, adopt(one)])) }
}

const overrides = (earlier: Traced): ReadonlyArray<Overridden> => [
  ...earlier.overrode,
  { from: earlier.from, value: untrace(earlier) }
]

const replace = (earlier: Traced, later: Traced): Traced => ({ ...adopt(later), overrode: overrides(earlier) })

/**
 * Entries that repeat a key within one list stay apart: whether that is allowed is the API server's
 * to say.
 */
const mergeByKey = (earlier: TracedList, later: TracedList, key: ListKey): ReadonlyArray<Traced> => {
  const items = [...earlier.items]
  const known = new Map<string, number>()
  for (const [index, entry] of items.entries()) {
    const name = keyOf(entry, key)
    if (name !== undefined) known.set(name, index)
  }
  for (const entry of later.items) {
    const name = keyOf(entry, key)
    const index = name === undefined ? undefined : known.get(name)
    const previous = index === undefined ? undefined : items[index]
    if (name === undefined || index === undefined || previous === undefined) {
      items.push(adopt(entry))
      continue
    }
    items[index] = key.replaces === true ? replace(previous, entry) : merge(previous, entry)
    known.delete(name)
  }
  return items
}

const mergeLists = (earlier: TracedList, later: TracedList, place: Place): Traced => {
  if (place.inSecurityContext || REPLACED_LISTS.has(place.field)) return replace(earlier, later)
  const key = LIST_KEYS.get(place.field) ?? SINGLE_ENTRY_KEYS.get(place.field)
  if (key !== undefined) return { ...earlier, items: mergeByKey(earlier, later, key) }
  const added = later.items.map(adopt)
  const repeated = new Set(added.map((item) => canonicalJson(untrace(item))))
  return {
    ...earlier,
    items: [...earlier.items.filter((item) => !repeated.has(canonicalJson(untrace(item)))), ...added]
  }
}

const typeOf = (traced: TracedObject): Json => {
  const type = traced.fields.get("type")
  return type === undefined ? null : untrace(type)
}

/**
 * Whether the later object is another variant of a union, so that none of the earlier one's fields
 * may stay.
 */
const isOtherVariant = (earlier: TracedObject, later: TracedObject, place: Place): boolean =>
  UNIONS.has(place.field) && typeOf(later) !== null && typeOf(later) !== typeOf(earlier)

/** The earlier fields without those that a field of the later object excludes. */
const compatible = (earlier: TracedObject, later: TracedObject, place: Place): ReadonlyMap<string, Traced> => {
  const exclusive = EXCLUSIVE.get(place.field) ?? []
  const chosen = new Set(
    exclusive.filter((member) => {
      const given = later.fields.get(member)
      return given !== undefined && !isNull(given)
    })
  )
  if (chosen.size === 0) return earlier.fields
  return new Map(Array.from(earlier.fields).filter(([field]) => !exclusive.includes(field) || chosen.has(field)))
}

const merge = deepmergeCustom<Traced, { DeepMergeRecordsURI: "PodwrightTracedURI" }, Place>(
  {
    metaDataUpdater: (place = ROOT, { key }) => ({
      field: String(key),
      inSecurityContext: place.inSecurityContext || key === "securityContext"
    }),
    // A field that both layers have.
    mergeRecords: ([earlier, later], utils, place = ROOT) => {
      if (!isTraced(earlier) || !isTraced(later)) throw new TypeError("only traced values can be merged")
      if (isNull(later)) return utils.actions.skip
      if (earlier._tag === "List" && later._tag === "List") return mergeLists(earlier, later, place)
      if (earlier._tag !== "Object" || later._tag !== "Object") return replace(earlier, later)
      if (isOtherVariant(earlier, later, place)) return replace(earlier, later)
      const fields = utils.defaultMergeFunctions.mergeMaps(
        [compatible(earlier, later, place), later.fields],
        utils,
        place
      )
      return { ...earlier, fields }
    },
    // A field that one layer has.
    mergeOthers: ([value], utils) => {
      if (!isTraced(value)) throw new TypeError("only traced values can be merged")
      return isNull(value) ? utils.actions.skip : adopt(value)
    }
  },
  ROOT
)

/** Merges layers, the last wins, and keeps of every part which layer set it. */
export const mergeLayers = (layers: ReadonlyArray<TracedLayer>): TracedObject =>
  layers.reduce<TracedObject>(
    (merged, { from, value }) => merge(merged, traceObject(from, value)),
    tracedObject("", [])
  )
