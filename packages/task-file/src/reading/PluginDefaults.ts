/**
 * `pluginDefaults`: values for every task whose type begins with a text. A task's own value wins,
 * unless the default is forced. Pure: values in, values out, with where each was written.
 */
import { canonicalJson, type Json } from "@podwright/spec-builder"
import type { DefaultedKey } from "../TaskFile.ts"
import { isObject, type JsonRecord } from "../types/JsonValues.ts"
import type { Remark } from "../types/ScriptType.ts"
import type { Path } from "../YamlDocument.ts"

/** One entry of the list. */
export interface PluginDefault {
  readonly type: string
  readonly forced: boolean
  readonly values: JsonRecord
  /** Where `values` stands in the file. */
  readonly path: Path
}

/** A value and where it was written; the parts of objects and lists have places of their own. */
interface Traced {
  readonly from: Path
  readonly forced: boolean
  readonly value: Json | ReadonlyMap<string, Traced> | ReadonlyArray<Traced>
}

const trace = (value: Json, from: Path, forced: boolean): Traced => {
  if (Array.isArray(value))
    return { from, forced, value: value.map((item: Json, index) => trace(item, [...from, index], forced)) }
  if (!isObject(value)) return { from, forced, value }
  const fields = Object.entries(value).map(([key, inner]) => [key, trace(inner, [...from, key], forced)] as const)
  return { from, forced, value: new Map(fields) }
}

const isMap = (value: Traced["value"]): value is ReadonlyMap<string, Traced> => value instanceof Map
const isList = (value: Traced["value"]): value is ReadonlyArray<Traced> => Array.isArray(value)

const plain = ({ value }: Traced): Json => {
  if (isMap(value)) return Object.fromEntries(Array.from(value, ([key, inner]) => [key, plain(inner)]))
  return isList(value) ? value.map(plain) : (value as Json)
}

const same = (one: Traced, other: Traced): boolean => canonicalJson(plain(one)) === canonicalJson(plain(other))

/** `high` over `low`: objects by key, lists one after the other without repetition; null is nothing. */
const merge = (low: Traced, high: Traced): Traced => {
  if (high.value === null) return low
  if (low.value === null) return high
  if (isMap(low.value) && isMap(high.value)) {
    const fields = new Map(low.value)
    for (const [key, value] of high.value) {
      const below = fields.get(key)
      fields.set(key, below === undefined ? value : merge(below, value))
    }
    return { ...high, value: fields }
  }
  if (isList(low.value) && isList(high.value)) {
    const first = low.value
    return { ...high, value: [...first, ...high.value.filter((item) => !first.some((one) => same(one, item)))] }
  }
  return high
}

const typeOf = (traced: Traced | undefined): string | undefined => {
  const type = traced !== undefined && isMap(traced.value) ? traced.value.get("type")?.value : undefined
  return typeof type === "string" ? type : undefined
}

/** One value with every default that fits its type, and those that did. */
const apply = (
  traced: Traced,
  defaults: ReadonlyArray<PluginDefault>
): readonly [result: Traced, applied: ReadonlyArray<PluginDefault>] => {
  const type = typeOf(traced)
  const matching = type === undefined ? [] : defaults.filter((one) => type.startsWith(one.type))
  const result = matching.reduce((value, { forced, path, values }) => {
    const other = trace(values, path, forced)
    return forced ? merge(value, other) : merge(other, value)
  }, traced)
  return [result, matching]
}

/** Where every part of a value stands now, and where it was written, if that is another place. */
const movedParts = (traced: Traced, to: Path): ReadonlyArray<readonly [to: Path, Traced]> => {
  const elsewhere = traced.from.join("\0") !== to.join("\0")
  const own = elsewhere ? [[to, traced] as const] : []
  if (isMap(traced.value)) {
    return [...own, ...Array.from(traced.value).flatMap(([key, inner]) => movedParts(inner, [...to, key]))]
  }
  return isList(traced.value)
    ? [...own, ...traced.value.flatMap((inner, index) => movedParts(inner, [...to, index]))]
    : own
}

/** A task with its defaults. `moved` are places in the file, `keys` those of the task. */
export interface DefaultedTask {
  readonly task: JsonRecord
  readonly moved: ReadonlyArray<readonly [to: Path, from: Path]>
  readonly keys: ReadonlyArray<DefaultedKey>
}

/** A task that stands at `path`, with the defaults for its type and for its runner's. */
export const withDefaults = (task: JsonRecord, path: Path, defaults: ReadonlyArray<PluginDefault>): DefaultedTask => {
  if (defaults.length === 0) return { task, moved: [], keys: [] }
  const [whole, applied] = apply(trace(task, path, false), defaults)
  const runner = isMap(whole.value) ? whole.value.get("taskRunner") : undefined
  // A default for all of a plugin's types is for the task, and its runner is of the same plugin.
  const [own] =
    runner === undefined
      ? [undefined]
      : apply(
          runner,
          defaults.filter((one) => !applied.includes(one))
        )
  const result =
    own === undefined || !isMap(whole.value) ? whole : { ...whole, value: new Map(whole.value).set("taskRunner", own) }
  const parts = movedParts(result, path).filter(([to]) => to.length > path.length)
  const leaves = parts.filter(([, { value }]) => !isMap(value) && !isList(value))
  const value = plain(result)
  return {
    task: isObject(value) ? value : task,
    moved: parts.map(([to, { from }]) => [to, from]),
    keys: leaves.map(([to, { forced, from }]) => ({ key: to.slice(path.length), from, forced }))
  }
}

/** The list as it is written, with what is wrong in it; paths lead from the file's root. */
export const readDefaults = (
  flow: JsonRecord
): { readonly defaults: ReadonlyArray<PluginDefault>; readonly issues: ReadonlyArray<Remark> } => {
  const issues: Array<Remark> = []
  const defaults = ["pluginDefaults", "taskDefaults"].flatMap((key) => {
    const list = flow[key]
    if (list === undefined || list === null) return []
    if (!Array.isArray(list)) {
      issues.push({ path: [key], message: `${key}: expected a list` })
      return []
    }
    return list.flatMap((entry: Json, index): ReadonlyArray<PluginDefault> => {
      const path = [key, index]
      if (!isObject(entry) || typeof entry["type"] !== "string") {
        issues.push({ path, message: `${key}[${index}]: expected type, a text, and values` })
        return []
      }
      const { forced = false, type, values, ...rest } = entry
      for (const name of Object.keys(rest)) {
        issues.push({ path: [...path, name], message: `unknown key '${name}'; known here: type, forced, values` })
      }
      if (typeof forced !== "boolean") {
        issues.push({ path: [...path, "forced"], message: "forced: expected true or false" })
      }
      if (values === undefined || values === null) return []
      if (!isObject(values)) {
        issues.push({ path: [...path, "values"], message: "values: expected keys and values" })
        return []
      }
      return [{ type, forced: forced === true, values, path: [...path, "values"] }]
    })
  })
  return { defaults, issues }
}
