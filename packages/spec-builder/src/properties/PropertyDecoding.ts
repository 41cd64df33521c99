/**
 * Reads values of any schema from a parsed file: all issues at once, each with its path, and an
 * unknown name with the one that was probably meant. Pure.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { SpecIssue, type SpecIssues } from "../error/SpecIssue.ts"
import { nearestName } from "../values/NearestName.ts"

/**
 * The formatter hands on texts alone, so an unknown name travels through it as a text that no
 * message can be.
 */
const UNKNOWN_NAME = "\0"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? UNKNOWN_NAME : SchemaIssue.defaultLeafHook(issue))
})

type Path = ReadonlyArray<string | number>

/** As many problems as a person reads at once. The rest are counted. */
const SHOWN_ISSUES = 50

/** Where a value has bytes in it, such as a `Buffer`: to a schema each byte would be a property. */
const bytesIn = (value: unknown, path: Path = []): ReadonlyArray<readonly [Path, number]> => {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return [[path, value.byteLength]]
  // Deeper than any property is: what refers to itself ends here.
  if (typeof value !== "object" || value === null || path.length > 4) return []
  return Object.entries(value).flatMap(([name, inner]) => bytesIn(inner, [...path, name]))
}

const bytesIssues = (input: unknown, source: SpecIssue["source"]) =>
  bytesIn(input).map(
    ([path, count]) =>
      new SpecIssue({
        source,
        path,
        message: `expected text, not bytes (${count} of them); write them to a file and give its path`
      })
  )

/** The first issues, and how many more there are. */
const bounded = ([first, ...rest]: SpecIssues, source: SpecIssue["source"]): SpecIssues => {
  const shown = rest.slice(0, SHOWN_ISSUES - 1)
  const more = rest.length - shown.length
  return more === 0
    ? [first, ...rest]
    : [first, ...shown, new SpecIssue({ source, path: [], message: `${more} more problems are not shown` })]
}

/** What a decoder must know to explain an unknown name. */
export interface KnownNames {
  readonly source: SpecIssue["source"]
  /** The names that are known at a place, given its path without the unknown name. */
  readonly known: (place: Path) => ReadonlyArray<string>
  /** What messages call such a name. Default: `property`. */
  readonly noun?: "property" | "key"
}

const explainUnknown = (path: Path, { known, noun = "property" }: KnownNames): string => {
  const name = String(path.at(-1))
  const names = known(path.slice(0, -1))
  const nearest = nearestName(name, names)
  return nearest === undefined
    ? `unknown ${noun} '${name}'; known here: ${names.join(", ")}`
    : `unknown ${noun} '${name}'; did you mean '${nearest}'?`
}

/**
 * A reader of one schema that refuses names it does not know and suggests the nearest one it does.
 * It reports every issue; their paths lead into the value that it is given.
 */
export const propertyDecoder = <S extends Schema.Decoder<unknown>>(schema: S, names: KnownNames) => {
  const { source } = names
  const decode = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  return (input: unknown): Result.Result<S["Type"], SpecIssues> => {
    const [bytes, ...more] = bytesIssues(input, source)
    if (bytes !== undefined) return Result.fail(bounded([bytes, ...more], source))
    return Result.mapError(decode(input), (error): SpecIssues => {
      const issues = format(error.issue).issues.map(({ message, path: parts = [] }) => {
        const path = parts.map((part) => {
          const key = typeof part === "object" ? part.key : part
          return typeof key === "symbol" ? String(key) : key
        })
        return message === UNKNOWN_NAME
          ? new SpecIssue({ kind: "unknown-name", source, path, message: explainUnknown(path, names) })
          : new SpecIssue({ source, path, message })
      })
      const [first = new SpecIssue({ source, path: [], message: error.message }), ...rest] = issues
      return bounded([first, ...rest], source)
    })
  }
}

/** Every place that has names of its own, as a path with dots, with these names. */
export type NamesByPlace = ReadonlyMap<string, ReadonlyArray<string>>

/**
 * A key without a value (`labels:` and nothing after it) reads as absent, as it does for the
 * reference.
 */
const withoutEmptyKeys = (input: unknown, path: string, names: NamesByPlace): unknown => {
  if (!names.has(path) || typeof input !== "object" || input === null || Array.isArray(input)) return input
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name, withoutEmptyKeys(value, path === "" ? name : `${path}.${name}`, names)])
  )
}

/**
 * `propertyDecoder` for properties of the reference, where a key without a value reads as absent.
 */
export const referenceDecoder = <S extends Schema.Decoder<unknown>>(
  schema: S,
  source: SpecIssue["source"],
  names: NamesByPlace
) => {
  const decode = propertyDecoder(schema, { source, known: (place) => names.get(place.join(".")) ?? [] })
  return (input: unknown) => decode(withoutEmptyKeys(input, "", names))
}
