/**
 * JSON in which every part knows the layer that set it and what that layer overrode. Pure; merging
 * is in `SpecMerge.ts`.
 */
import { Predicate } from "effect"
import { isList, isObject, type Json, type JsonObject } from "../values/Json.ts"
import { keepDecimals } from "../values/JsonNumbers.ts"

/** A fragment of a manifest and who wrote it. */
export interface TracedLayer {
  readonly from: string
  readonly value: JsonObject
}

/** What a layer set before a later one set it again. */
export interface Overridden {
  readonly from: string
  readonly value: Json
}

interface Origin {
  readonly from: string
  /** Oldest first. */
  readonly overrode: ReadonlyArray<Overridden>
}

export interface TracedObject extends Origin {
  readonly _tag: "Object"
  readonly fields: ReadonlyMap<string, Traced>
}

export interface TracedList extends Origin {
  readonly _tag: "List"
  readonly items: ReadonlyArray<Traced>
}

export interface TracedScalar extends Origin {
  readonly _tag: "Scalar"
  readonly value: null | boolean | number | bigint | string
}

export type Traced = TracedObject | TracedList | TracedScalar

/** Tells traced values from others by their tag. */
export const isTraced = (value: unknown): value is Traced =>
  Predicate.isTagged(value, "Object") || Predicate.isTagged(value, "List") || Predicate.isTagged(value, "Scalar")

/** A field of the manifest, the layer that set it, and what that overrode, oldest first. */
export interface FieldOrigin {
  readonly path: ReadonlyArray<string | number>
  readonly value: Json
  readonly from: string
  readonly overrode: ReadonlyArray<Overridden>
}

/** An object that nothing was overridden for; its parts may come from other layers. */
export const tracedObject = (from: string, fields: Iterable<readonly [string, Traced]>): TracedObject => ({
  _tag: "Object",
  from,
  overrode: [],
  fields: new Map(fields)
})

/** A list that nothing was overridden for. */
export const tracedList = (from: string, items: ReadonlyArray<Traced>): TracedList => ({
  _tag: "List",
  from,
  overrode: [],
  items
})

/** Marks every part of a value as set by one layer. */
export const trace = (from: string, value: Json): Traced => {
  if (isObject(value)) return traceObject(from, value)
  if (!isList(value)) return { _tag: "Scalar", from, overrode: [], value }
  return tracedList(
    from,
    value.map((item) => trace(from, item))
  )
}

/** `trace` of an object. */
export const traceObject = (from: string, value: JsonObject): TracedObject => {
  const given = Object.entries(value).filter(([, one]) => one !== undefined)
  return tracedObject(
    from,
    given.map(([key, one]) => [key, trace(from, one)] as const)
  )
}

/** The plain value, a copy that `JSON.stringify` writes with every digit; `__proto__` stays a key like any other. */
export const untrace = (traced: Traced): Json => {
  if (traced._tag === "Scalar") return traced.value
  if (traced._tag === "List") return keepDecimals(traced.items.map(untrace), [])
  return untraceObject(traced)
}

/** `untrace` of an object. */
export const untraceObject = (traced: TracedObject): JsonObject =>
  keepDecimals(Object.fromEntries(Array.from(traced.fields, ([key, one]) => [key, untrace(one)])), [])

/**
 * `name` leads, as it is what people look for; the rest follows in code-unit order, as kubectl
 * prints it.
 */
const byName = ([left]: readonly [string, Traced], [right]: readonly [string, Traced]): number => {
  if (left === "name" || right === "name") return left === right ? 0 : left === "name" ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}

/** With the keys of every object in one order, whatever order the layers named them in. */
export const inOrder = (traced: Traced): Traced => {
  if (traced._tag === "Scalar") return traced
  return traced._tag === "List" ? { ...traced, items: traced.items.map(inOrder) } : objectInOrder(traced)
}

/** `inOrder` of an object. */
export const objectInOrder = (traced: TracedObject): TracedObject => ({
  ...traced,
  fields: new Map(Array.from(traced.fields, ([key, one]) => [key, inOrder(one)] as const).sort(byName))
})

/**
 * Every field that holds a value, or an empty object or list, in the order of the manifest; before
 * them an object or list that took the place of another as a whole.
 */
export const fieldOrigins = (traced: Traced, path: ReadonlyArray<string | number> = []): ReadonlyArray<FieldOrigin> => {
  const { from, overrode } = traced
  const own = (): FieldOrigin => ({ path, value: untrace(traced), from, overrode })
  if (traced._tag === "Scalar") return [own()]
  const inner =
    traced._tag === "List"
      ? traced.items.flatMap((item, index) => fieldOrigins(item, [...path, index]))
      : Array.from(traced.fields).flatMap(([key, one]) => fieldOrigins(one, [...path, key]))
  return inner.length === 0 || overrode.length > 0 ? [own(), ...inner] : inner
}
