/**
 * The entries of one input that lies on this machine: a file, a folder with what is in it, or the
 * files of a glob. Lists and looks at files; reads none but those that say what stays here.
 */
import { isUtf8 } from "node:buffer"
import {
  accessSync,
  constants,
  globSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  statSync
} from "node:fs"
import { dirname, join, relative } from "node:path"
import { failureDetail } from "@podwright/k8s-io"
import { Effect } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { byteName } from "../names/ByteName.ts"
import { IgnoreRules, isOwn } from "./IgnoreRules.ts"
import { arrivingMode, type InputEntry, unreadable } from "./InputEntry.ts"
import { nameBelow, ROOT_NAME } from "./InputName.ts"

/** What is listed of an input. */
export interface InputListing {
  readonly entries: ReadonlyArray<InputEntry>
  /** How many files and folders stay here by rule; what lies in such a folder is not counted. */
  readonly leftOut: number
}

/** An input, and how it is listed. */
export interface ListedInput {
  readonly name: string
  /** The mode that its files are given; undefined: each has its own. */
  readonly mode: number | undefined
  /** Whether everything in a folder goes, whatever its ignore files say. Default: not. */
  readonly whole?: boolean | undefined
}

const fileEntry = (input: ListedInput, name: string, path: string | Buffer, info: Stats): InputEntry => {
  // A file without read permission must be found before there is a pod.
  accessSync(path, constants.R_OK)
  const mode = input.mode ?? arrivingMode(info.mode, false)
  return { _tag: "File", name, path, input: input.name, size: info.size, mode, modifiedMs: info.mtimeMs }
}

const linkEntry = (name: string, path: string, info: Stats): InputEntry => {
  const target = readlinkSync(path, "buffer")
  if (!isUtf8(target))
    throw new Error(`it is a link to '${byteName(target)}', which is not UTF-8; leave it out, or send an archive`)
  return { _tag: "Link", name, target: target.toString(), modifiedMs: info.mtimeMs }
}

const kindOf = (info: Stats): string => {
  if (info.isFIFO()) return "a fifo"
  if (info.isSocket()) return "a socket"
  return "a device"
}

/** Where the bytes of a name are not UTF-8, it is decoded with this in it. */
const UNDECODED = "\ufffd"

/** The names in a folder. Throws for one that is not UTF-8, which cannot be told from others. */
const namesIn = (path: string): ReadonlyArray<string> => {
  const names = readdirSync(path).sort()
  if (names.some((name) => name.includes(UNDECODED))) {
    const wrong = readdirSync(path, { encoding: "buffer" }).find((name) => !isUtf8(name))
    if (wrong !== undefined)
      throw new Error(
        `the name of '${byteName(wrong)}' in it is not UTF-8; rename it, leave it out, or send an archive`
      )
  }
  return names
}

/** A folder that is being listed. */
interface Folder {
  /** Its name in the pod. */
  readonly name: string
  readonly path: string
  /** Below the input's own folder, which is "". */
  readonly inside: string
  /** Undefined where nothing stays here. */
  readonly rules: IgnoreRules | undefined
}

/** The rules of a folder, with those of its own file where it has one. */
const rulesOf = ({ inside, path, rules }: Folder, names: ReadonlyArray<string>): IgnoreRules | undefined => {
  if (rules === undefined) return undefined
  const file = rules.files.find((name) => names.includes(name) && statSync(join(path, name)).isFile())
  return file === undefined ? rules : rules.with(inside, file, readFileSync(join(path, file), "utf8"))
}

/**
 * What is below a folder, links not followed; a folder comes before its content. The list is built
 * with plain calls: an Effect for each of many files would cost more than the calls.
 */
const treeEntries = Effect.fnUntraced(function* (
  input: ListedInput,
  root: string,
  info: Stats
): Effect.fn.Return<InputListing, FileSyncError> {
  const entries: Array<InputEntry> = []
  let leftOut = 0
  const list = (folder: Folder): ReadonlyArray<Folder> => {
    const names = namesIn(folder.path)
    const rules = rulesOf(folder, names)
    const folders: Array<Folder> = []
    for (const child of names) {
      const path = join(folder.path, child)
      const name = nameBelow(folder.name, child)
      const inside = folder.inside === "" ? child : `${folder.inside}/${child}`
      try {
        const below = lstatSync(path)
        const isFolder = below.isDirectory()
        if (rules !== undefined && isFolder && isOwn(child)) continue
        if (rules?.leavesOut(inside, isFolder) === true) leftOut++
        else if (isFolder) {
          entries.push({ _tag: "Folder", name, mode: arrivingMode(below.mode, true), modifiedMs: below.mtimeMs })
          folders.push({ name, path, inside, rules })
        } else if (below.isSymbolicLink()) entries.push(linkEntry(name, path, below))
        else if (below.isFile()) entries.push(fileEntry(input, name, path, below))
        else throw new Error(`it is ${kindOf(below)}, not a file or folder; leave it out of the inputs`)
      } catch (error) {
        throw unreadable(input.name, path, failureDetail(error))
      }
    }
    return folders
  }
  if (input.name !== ROOT_NAME) {
    const { mode, mtimeMs } = info
    entries.push({ _tag: "Folder", name: input.name, mode: arrivingMode(mode, true), modifiedMs: mtimeMs })
  }
  const rules = input.whole === true ? undefined : IgnoreRules.start
  const waiting: Array<Folder> = [{ name: input.name, path: root, inside: "", rules }]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const { path } = folder
    const next = folder
    const found = yield* Effect.try({
      try: () => list(next),
      catch: (error) => (error instanceof FileSyncError ? error : unreadable(input.name, path, failureDetail(error)))
    })
    // In their order: the last is taken first. One by one: as arguments they could exceed the stack.
    for (const one of found.toReversed()) waiting.push(one)
  }
  return { entries, leftOut }
})

const GLOB = /[*?[{]/

/**
 * The files and links that a glob matches. Each is placed below the input's name by its path from
 * the glob's first wildcard on.
 */
const globEntries = (input: ListedInput, pattern: string): ReadonlyArray<InputEntry> => {
  const parts = pattern.split("/")
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => GLOB.test(part))
  )
  const base = fixed.join("/") || (pattern.startsWith("/") ? "/" : ".")
  const entries: Array<InputEntry> = []
  for (const path of globSync(pattern).sort()) {
    const inside = relative(base, path)
    if (isOwn(inside)) continue
    if (inside.includes(UNDECODED)) namesIn(dirname(path))
    const name = nameBelow(input.name, inside)
    const info = lstatSync(path)
    if (info.isSymbolicLink()) entries.push(linkEntry(name, path, info))
    else if (info.isFile()) entries.push(fileEntry(input, name, path, info))
    else if (!info.isDirectory()) throw new Error(`${path} is ${kindOf(info)}, not a file; leave it out of the pattern`)
  }
  if (entries.length === 0) throw new Error("the pattern matches no file")
  return entries
}

/** The entries of a file, a folder or a glob. Fails with `InputUnreadable`. */
export const listInput = Effect.fnUntraced(function* (
  input: ListedInput,
  path: string | Buffer
): Effect.fn.Return<InputListing, FileSyncError> {
  const shown = typeof path === "string" ? path : byteName(path)
  const attempt = <A>(work: () => A) =>
    Effect.try({ try: work, catch: (error) => unreadable(input.name, shown, failureDetail(error)) })
  const info = yield* attempt(() => statSync(path, { throwIfNoEntry: false }))
  // A file of exactly this name is preferred to the pattern, so that every file can be named.
  if (info === undefined) {
    if (typeof path !== "string" || !GLOB.test(path))
      return yield* unreadable(input.name, shown, "there is no such file or folder")
    return { entries: yield* attempt(() => globEntries(input, path)), leftOut: 0 }
  }
  if (info.isDirectory()) {
    if (typeof path !== "string")
      return yield* unreadable(input.name, shown, "it is a folder whose path is not UTF-8; rename it")
    if (input.mode === undefined) return yield* treeEntries(input, path, info)
    return yield* unreadable(input.name, path, "it is a folder, and a mode can be given to files only; remove 'mode'")
  }
  if (!info.isFile())
    return yield* unreadable(
      input.name,
      shown,
      `it is ${kindOf(info)}, not a file or folder; leave it out of the inputs`
    )
  if (input.name === ROOT_NAME) return yield* unreadable(input.name, shown, NOT_A_FOLDER)
  return { entries: [yield* attempt(() => fileEntry(input, input.name, path, info))], leftOut: 0 }
})

/** Why the working folder itself cannot be this input. */
export const NOT_A_FOLDER = "it is a file, and '.' is the working folder; give it a name, or give a folder or a pattern"
