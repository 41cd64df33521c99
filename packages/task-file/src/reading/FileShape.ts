/** How a file's values are checked: their shape by a schema, every problem at its place. Pure. */
import { propertyDecoder, type SpecError } from "@podwright/spec-builder"
import { Result, type Schema } from "effect"
import type { TaskFileIssue } from "../TaskFileError.ts"
import type { Path, YamlDocument } from "../YamlDocument.ts"

/** The last part of a path as a person would name it; `commands[2]` for a place in a list. */
const lastName = (path: Path): string =>
  typeof path.at(-1) === "number" ? `${path.at(-2)}[${path.at(-1)}]` : String(path.at(-1))

/**
 * Reads the value that stands at `path` by a schema. `known` gives the names that are known at a
 * place below it.
 */
export const decodeShape = <S extends Schema.Decoder<unknown>>(
  schema: S,
  document: YamlDocument,
  path: Path,
  value: unknown,
  known: (place: Path) => ReadonlyArray<string>
): Result.Result<S["Type"], ReadonlyArray<TaskFileIssue>> =>
  Result.mapError(
    propertyDecoder(schema, { source: "task", noun: "key", known })(value),
    (issues): ReadonlyArray<TaskFileIssue> =>
      issues.map((issue) => {
        const full = [...path, ...issue.path]
        if (issue.kind === "unknown-name") return document.issue(full, issue.message, "key")
        return document.issue(
          full,
          issue.path.length === 0 ? issue.message : `${lastName(issue.path)}: ${issue.message}`
        )
      })
  )

/** Issues of properties that stand at `path`, in the file. */
export const placed = (document: YamlDocument, path: Path, issues: SpecError["issues"]): ReadonlyArray<TaskFileIssue> =>
  issues.map((issue) => {
    const full = [...path, ...issue.path]
    return document.issue(
      full,
      `${String(full.at(-1))}: ${issue.message}`,
      issue.kind === "unknown-name" ? "key" : "value"
    )
  })

/** The value that a path leads to; undefined where it leads nowhere. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

/** An issue for every id of a list that an earlier one has, at its path. */
export const repeatedIds = (
  document: YamlDocument,
  ids: ReadonlyArray<readonly [id: string, path: Path]>,
  list: string
): ReadonlyArray<TaskFileIssue> =>
  ids.flatMap(([id, path], index) =>
    ids.findIndex(([other]) => other === id) === index
      ? []
      : [document.issue([...path, "id"], `id '${id}' is used twice in ${list}`)]
  )
