/**
 * What a task says of the files of its namespace, and which of a folder's files that chooses. A
 * Kestra server keeps such files; here a folder of this machine holds those of a namespace. Pure.
 */
import { described } from "@podwright/spec-builder"
import { Schema } from "effect"
import picomatch from "picomatch"

const Texts = Schema.Union([Schema.String, Schema.Array(Schema.String)])

/** `namespaceFiles` of a task, as it is written. Every text may hold expressions. */
export const NamespaceFiles = Schema.Struct({
  enabled: described(
    Schema.Union([Schema.Boolean, Schema.String]),
    "boolean",
    "Whether the task gets the files.",
    true
  ),
  include: described(Schema.NullOr(Texts), "list of patterns", "Files that the task gets. Absent: all."),
  exclude: described(Schema.NullOr(Texts), "list of patterns", "Files that the task does not get."),
  namespaces: described(Schema.NullOr(Texts), "list of names", "Whose files. Absent: those of the flow's namespace."),
  folderPerNamespace: described(
    Schema.Boolean,
    "boolean",
    "Whether each namespace's files go into a folder of its name.",
    false
  ),
  // Nothing is in the working folder before them, and `inputFiles` replace them.
  ifExists: described(
    Schema.Literals(["OVERWRITE", "FAIL", "WARN", "IGNORE"]),
    "OVERWRITE, FAIL, WARN or IGNORE",
    "Known, without effect."
  )
})
export type NamespaceFiles = typeof NamespaceFiles.Type

/** The keys of `namespaceFiles`. */
export const NAMESPACE_FILES_KEYS: ReadonlyArray<string> = Object.keys(NamespaceFiles.fields)

/** Files of namespaces that a task gets: the key alone means yes. */
export const enabledNamespaceFiles = (files: NamespaceFiles | null | undefined): NamespaceFiles | undefined =>
  files === undefined || files === null || files.enabled === false || files.enabled === "false" ? undefined : files

/** A key that is a list of texts or one text, as a list. */
export const textsOf = (value: string | ReadonlyArray<string> | null | undefined): ReadonlyArray<string> =>
  value === undefined || value === null ? [] : typeof value === "string" ? [value] : value

/** The folders that hold the files of namespaces, by namespace; absolute paths. */
export type NamespaceFolders = Readonly<Record<string, string>>

/** Why the files of a namespace cannot be had. */
export const noNamespaceFolder = (namespace: string): string =>
  `namespaceFiles: no folder is known for the files of namespace '${namespace}': name it by --namespace-files DIR (${namespace}=DIR for a namespace that is not the flow's), or put them into a folder _files beside this file`

/**
 * A pattern as the reference reads it, for paths without a leading slash: where it begins with a
 * letter, a digit or `_`, it matches at any depth, else from the root on.
 */
const expanded = (pattern: string): string =>
  /^\w/.test(pattern) ? `**/${pattern}` : pattern.startsWith("/") ? pattern.slice(1) : pattern

/**
 * A file is chosen that some pattern of `include` matches (all, where there is none) and none of
 * `exclude`. Wildcards: `*`, `**`, `?`, `[…]`, `{a,b}`; `*` also matches a leading dot.
 */
export const namespaceFileFilter = (
  include: ReadonlyArray<string>,
  exclude: ReadonlyArray<string>
): ((name: string) => boolean) => {
  const matcher = (patterns: ReadonlyArray<string>) => picomatch(patterns.map(expanded), { dot: true, nonegate: true })
  const isIncluded = include.length === 0 ? () => true : matcher(include)
  const isExcluded = exclude.length === 0 ? () => false : matcher(exclude)
  return (name) => isIncluded(name) && !isExcluded(name)
}
