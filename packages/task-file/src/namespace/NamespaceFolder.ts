/** Lists the files of a namespace's folder. Reads folders, no files. */
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"

/** What is never a namespace's file: the versions of a folder, and what podwright itself keeps. */
const OWN: ReadonlyArray<string> = [".git", ".podwright"]

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A link is what it leads to. A link to a folder could lead back up, and is refused. */
const fileNames = async (folder: string, inside: string): Promise<ReadonlyArray<string>> => {
  const names: Array<string> = []
  const entries = await readdir(join(folder, inside), { withFileTypes: true })
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const name = inside === "" ? entry.name : `${inside}/${entry.name}`
    if (entry.isDirectory()) {
      if (!OWN.includes(entry.name)) names.push(...(await fileNames(folder, name)))
    } else if (entry.isSymbolicLink() && (await stat(join(folder, name))).isDirectory()) {
      throw new Error(`${join(folder, name)} is a link to a folder; put the folder itself there`)
    } else names.push(name)
  }
  return names
}

/**
 * The names of all files below a folder, with `/` between their parts, in their order. Fails with
 * what is wrong with the folder.
 */
export const namespaceFileNames = (folder: string): Effect.Effect<ReadonlyArray<string>, string> =>
  Effect.tryPromise({
    try: () => fileNames(folder, ""),
    catch: (error) => `the folder of namespace files cannot be read: ${reasonOf(error)}`
  })
