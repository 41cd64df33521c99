/**
 * Where inputs go below the working folder: which names they may have, and one list of entries of
 * the lists of all inputs, in which no place is given twice. Pure.
 */
import type { InputEntry } from "./InputEntry.ts"

/** The name of an input whose content goes into the working folder itself. */
export const ROOT_NAME = "."

/**
 * Why `name` cannot be an input's place below the working folder; undefined when it can. `.` is the
 * working folder itself.
 */
export const inputNameProblem = (name: string): string | undefined => {
  if (name === ROOT_NAME) return undefined
  if (name === "") return "the name is empty"
  if (name.startsWith("/")) return "the name must be relative to the working folder"
  if (name.includes("\0")) return "the name contains a NUL byte"
  if (name.split("/").some((part) => part === ".." || part === "." || part === "")) {
    return "the name must not contain '.', '..' or empty parts; '.' alone is the working folder"
  }
  return undefined
}

/** The name of `child` in the folder of this name; `.` is the working folder. */
export const nameBelow = (folder: string, child: string): string =>
  folder === ROOT_NAME ? child : `${folder}/${child}`

/** The folders above a place, the uppermost first. */
const foldersAbove = (name: string): ReadonlyArray<string> => {
  const above: Array<string> = []
  for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1)) above.push(name.slice(0, end))
  return above
}

const partsOf = (name: string): number => (name === ROOT_NAME ? 0 : name.split("/").length)

/** An input and its entries. */
export interface InputGroup {
  readonly name: string
  readonly entries: ReadonlyArray<InputEntry>
}

/** A place that an input cannot have, and why. */
export interface PlaceTaken {
  readonly name: string
  readonly why: string
}

const TWO_KINDS = "it is a file or a link, but another input needs it as a folder"

/**
 * The entries of all inputs, each folder before its content; folders that only names imply are
 * there, too, as `folder` makes them. Where two inputs have the same place, the one whose name says
 * more of it has it: `conf/app.yaml` goes before the file of that name in `.: { path: project }`.
 */
export const mergedEntries = (
  groups: ReadonlyArray<InputGroup>,
  folder: (name: string) => InputEntry
): ReadonlyArray<InputEntry> | PlaceTaken => {
  const names = new Set<string>()
  for (const { name } of groups) {
    if (names.has(name)) return { name, why: "two inputs have this name" }
    names.add(name)
  }
  const places = new Map<string, InputEntry>()
  for (const { entries } of groups.toSorted((one, other) => partsOf(one.name) - partsOf(other.name))) {
    for (const entry of entries) {
      const there = places.get(entry.name)
      if (there !== undefined && (there._tag === "Folder") !== (entry._tag === "Folder"))
        return { name: entry.name, why: TWO_KINDS }
      places.set(entry.name, entry)
    }
  }
  const merged: Array<InputEntry> = []
  const done = new Set<string>()
  for (const entry of places.values()) {
    const end = entry.name.lastIndexOf("/")
    // The folders above one that is there are there, too.
    if (end > 0 && !done.has(entry.name.slice(0, end))) {
      for (const name of foldersAbove(entry.name)) {
        if (done.has(name)) continue
        const above = places.get(name) ?? folder(name)
        if (above._tag !== "Folder") return { name, why: TWO_KINDS }
        done.add(name)
        merged.push(above)
      }
    }
    if (entry._tag === "Folder") {
      if (done.has(entry.name)) continue
      done.add(entry.name)
    }
    merged.push(entry)
  }
  return merged
}
