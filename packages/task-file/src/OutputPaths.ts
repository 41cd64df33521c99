/**
 * The paths of a task's own output files, which its expressions know as `outputFiles.NAME`, and those
 * of its output folders, as `outputDirs.NAME`. Pure.
 */
import { posix } from "node:path"
import { WORK_DIRECTORY } from "@podwright/spec-builder"
import { hasExpression } from "./expression/ExpressionMarks.ts"

const PATTERN = /[*?[{]|^(?:glob|regex):/
const FOLDER = /^(.+)\/\*\*$/

/** Absolute paths by name, of what is named in `outputFiles` without a wildcard. */
export interface OutputPaths {
  readonly outputFiles: Readonly<Record<string, string>>
  /** Of `NAME/**`. */
  readonly outputDirs: Readonly<Record<string, string>>
}

const byName = (names: ReadonlyArray<string>) =>
  Object.fromEntries(names.map((name) => [name, posix.join(WORK_DIRECTORY, name)]))

/** The paths of `outputFiles` as they are written; what holds an expression has none. */
export const outputPaths = (outputFiles: ReadonlyArray<string>): OutputPaths => {
  const written = outputFiles.filter((name) => !hasExpression(name))
  const folders = written.flatMap((name) => FOLDER.exec(name)?.[1] ?? [])
  return {
    outputFiles: byName(written.filter((name) => !(PATTERN.test(name) || name.startsWith("/")))),
    outputDirs: byName(folders.filter((name) => !PATTERN.test(name)))
  }
}
