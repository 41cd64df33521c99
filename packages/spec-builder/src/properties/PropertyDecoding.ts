/**
 * Reads properties of any schema from a parsed file: all issues at once, each with its path, and an unknown name with the one
 * that was probably meant. Pure.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { SpecIssue } from "../SpecError.ts"
import { nearestName } from "../values/NearestName.ts"

const UNKNOWN_NAME = "unknown property"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? UNKNOWN_NAME : SchemaIssue.defaultLeafHook(issue))
})

export interface PropertyNames {
  /** Every place that has names of its own, as a path with dots, with these names. */
  readonly names: ReadonlyMap<string, ReadonlyArray<string>>
  readonly source: SpecIssue["source"]
}

const explainUnknown = (path: ReadonlyArray<string | number>, names: PropertyNames["names"]): string => {
  const name = String(path.at(-1))
  const known = names.get(path.slice(0, -1).join(".")) ?? []
  const nearest = nearestName(name, known)
  return nearest === undefined
    ? `${UNKNOWN_NAME} '${name}'; known here: ${known.join(", ")}`
    : `${UNKNOWN_NAME} '${name}'; did you mean '${nearest}'?`
}

/** A key without a value (`labels:` and nothing behind it) reads as absent, as it does for the reference. */
const withoutEmptyKeys = (input: unknown, path: string, names: PropertyNames["names"]): unknown => {
  if (!names.has(path) || typeof input !== "object" || input === null || Array.isArray(input)) return input
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name, withoutEmptyKeys(value, path === "" ? name : `${path}.${name}`, names)])
  )
}

type Issues = readonly [SpecIssue, ...Array<SpecIssue>]

/** A reader of one schema; issues' paths lead into what it is given. */
export const propertyDecoder = <S extends Schema.Decoder<unknown>>(schema: S, { names, source }: PropertyNames) => {
  const decode = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  return (input: unknown): Result.Result<S["Type"], Issues> =>
    Result.mapError(decode(withoutEmptyKeys(input, "", names)), (error): Issues => {
      const issues = format(error.issue).issues.map((issue) => {
        const path = (issue.path ?? []).map((part) => {
          const key = typeof part === "object" ? part.key : part
          return typeof key === "symbol" ? String(key) : key
        })
        const message = issue.message === UNKNOWN_NAME ? explainUnknown(path, names) : issue.message
        return new SpecIssue({ source, path, message })
      })
      const [first = new SpecIssue({ source, path: [], message: error.message }), ...rest] = issues
      return [first, ...rest]
    })
}
