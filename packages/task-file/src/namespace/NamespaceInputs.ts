/**
 * The input files that a task gets of its namespaces: the files of their folders that it chooses. Lists
 * folders, reads no files.
 */
import { join } from "node:path"
import type { InputFile } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import {
  type NamespaceFiles,
  type NamespaceFolders,
  namespaceFileFilter,
  noNamespaceFolder,
  textsOf
} from "./NamespaceFiles.ts"
import { namespaceFileNames } from "./NamespaceFolder.ts"

/** Whose namespace it is, and where the files of namespaces are. */
export interface NamespaceOwner {
  readonly namespace: string
  readonly namespaceFolders: NamespaceFolders
}

/** One text for a list: what an expression renders a list to, or one item. */
const listOf = (text: string): ReadonlyArray<string> => {
  if (!text.trim().startsWith("[")) return [text]
  try {
    const items: unknown = JSON.parse(text)
    return Array.isArray(items) ? items.map(String) : [text]
  } catch {
    return [text]
  }
}

/**
 * Of several namespaces the last one's file counts. `render` renders one text of `namespaceFiles`
 * that stands at the given keys. Fails with what is wrong.
 */
export const namespaceInputs = Effect.fnUntraced(function* (
  { namespace, namespaceFolders }: NamespaceOwner,
  files: NamespaceFiles | undefined,
  render: (source: string, at: ReadonlyArray<string | number>) => Effect.Effect<string>
): Effect.fn.Return<Result.Result<ReadonlyArray<InputFile>, string>> {
  if (files === undefined) return Result.succeed([])
  const rendered = (key: "include" | "exclude" | "namespaces") => {
    const value = files[key]
    return typeof value === "string"
      ? Effect.map(render(value, [key]), listOf)
      : Effect.forEach(textsOf(value), (source, index) => render(source, [key, index]))
  }
  if (typeof files.enabled === "string" && (yield* render(files.enabled, ["enabled"])).trim() === "false")
    return Result.succeed([])
  const isChosen = namespaceFileFilter(yield* rendered("include"), yield* rendered("exclude"))
  const named = yield* rendered("namespaces")
  const chosen = new Map<string, InputFile>()
  for (const one of named.length === 0 ? [namespace] : named) {
    const folder = Object.hasOwn(namespaceFolders, one) ? namespaceFolders[one] : undefined
    if (folder === undefined) return Result.fail(noNamespaceFolder(one))
    const names = yield* Effect.result(namespaceFileNames(folder))
    if (Result.isFailure(names)) return Result.fail(`namespaceFiles: ${names.failure}`)
    for (const file of names.success.filter(isChosen)) {
      const name = files.folderPerNamespace === true ? `${one}/${file}` : file
      chosen.set(name, { name, source: { _tag: "Path", path: join(folder, file) } })
    }
  }
  return Result.succeed(Array.from(chosen.values()))
})
