/**
 * Answers `read()` of expressions: the text of a namespace's file, of a file beside the task file, or
 * of a `file:` URI.
 */
import { existsSync, readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** A text in an expression becomes part of a pod's spec, of which etcd takes 1.5 MiB. */
const LARGEST = 4 * 1024 * 1024

/** Node's words name a path that may hold a secret: its code says enough. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "it may not be read"],
  ["ENOTDIR", "a part of the path is no folder"]
])

const pathOf = (directories: ReadonlyArray<string>, name: string): string | undefined => {
  if (!name.startsWith("file:")) {
    if (/^\w[\w+.-]+:\/\//.test(name)) return undefined
    const paths = directories.map((directory) => resolve(directory, name))
    return paths.find((path) => existsSync(path)) ?? paths.at(-1)
  }
  return URL.canParse(name) ? fileURLToPath(name) : undefined
}

/**
 * The first of the folders that has the file gives it. Synchronous, as expressions are; what cannot
 * be read is told without quoting the path.
 */
export const readBeside =
  (...directories: ReadonlyArray<string>) =>
  (name: string): string | { readonly problem: string } => {
    try {
      const path = pathOf(directories, name)
      if (path === undefined)
        return { problem: "read() reads a path beside the task file or a file: URI, no other URI" }
      const stats = statSync(path)
      if (!stats.isFile()) return { problem: "read(): the path is no file" }
      if (stats.size > LARGEST) return { problem: "read(): the file is larger than 4 MiB: make it an input file" }
      return readFileSync(path, "utf8")
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown"
      return { problem: `read(): ${REASONS.get(code) ?? `the file cannot be read (${code})`}` }
    }
  }
