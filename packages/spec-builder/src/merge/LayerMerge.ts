/**
 * Merges layers as `SpecMerge.ts` tells, and keeps of every part which layer set it. Pure.
 */

import { canonicalJson } from "../values/CanonicalJson.ts"
import type { Json } from "../values/Json.ts"
import { EXCLUSIVE, LIST_KEYS, type ListKey, REPLACED_LISTS, SINGLE_ENTRY_KEYS, UNIONS } from "./MergeKeys.ts"
import {
  type Overridden,
  type Traced,
  type TracedLayer,
  type TracedList,
  type TracedObject,
  tracedObject,
  traceObject,
  untrace
} from "./Traced.ts"

/** Where in the spec a merge is: the field that holds the value, and whether a `securityContext` lies above. */
interface Place {
  readonly field: string
  readonly inSecurityContext: boolean
}

const ROOT: Place = { field: "", inSecurityContext: false }

const below = (place: Place, field: string): Place => ({
  field,
  inSecurityContext: place.inSecurityContext || field === "securityContext"
})

const isNull = (traced: Traced | undefined): boolean => traced?._tag === "Scalar" && traced.value === null

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
 * Entries that repeat a key within one list stay apart: whether that is allowed is the API server's to say.
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
    items[index] = key.replaces === true ? replace(previous, entry) : merge(previous, entry, ROOT)
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

const mergeObjects = (earlier: TracedObject, later: TracedObject, place: Place): TracedObject => {
  if (UNIONS.has(place.field) && typeOf(later) !== null && typeOf(later) !== typeOf(earlier)) {
    return { ...adoptObject(later), overrode: overrides(earlier) }
  }
  const exclusive = EXCLUSIVE.get(place.field) ?? []
  const chosen = exclusive.filter((member) => later.fields.has(member) && !isNull(later.fields.get(member)))
  const fields = new Map(earlier.fields)
  for (const member of exclusive) if (chosen.length > 0 && !chosen.includes(member)) fields.delete(member)
  for (const [field, value] of later.fields) {
    const previous = fields.get(field)
    if (isNull(value)) fields.delete(field)
    else fields.set(field, previous === undefined ? adopt(value) : merge(previous, value, below(place, field)))
  }
  return { ...earlier, fields }
}

const merge = (earlier: Traced, later: Traced, place: Place): Traced => {
  if (earlier._tag === "Object" && later._tag === "Object") return mergeObjects(earlier, later, place)
  if (earlier._tag === "List" && later._tag === "List") return mergeLists(earlier, later, place)
  return replace(earlier, later)
}

/** Merges layers, the last wins, and keeps of every part which layer set it. */
export const mergeLayers = (layers: ReadonlyArray<TracedLayer>): TracedObject =>
  layers.reduce((merged, { from, value }) => mergeObjects(merged, traceObject(from, value), ROOT), tracedObject("", []))
