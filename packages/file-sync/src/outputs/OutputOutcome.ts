/**
 * What a session says of its outputs once they are in place: which requested names did not come
 * back, and which entries could not be taken and why. Pure.
 */

import { byteName, nameBytes } from "../names/ByteName.ts"
import type { SkippedOutput } from "./OutputEntry.ts"
import type { OutputFiles, PlacedOutputs, RenamedOutput } from "./OutputFile.ts"

/** What the helper reported of the outputs: see the session's state. */
export interface ReportedOutputs {
  /** Indexes of output names that do not exist. */
  readonly missing: ReadonlyArray<number>
  /** Complaints of the helper's tools about entries that they could not read, or not as one whole. */
  readonly unread: ReadonlyArray<string>
}

/** The outputs as a session returns them. */
export interface OutputOutcome {
  readonly files: OutputFiles
  /** Requested names that do not exist, or are `skipped`. */
  readonly missing: ReadonlyArray<string>
  readonly skipped: ReadonlyArray<SkippedOutput>
  readonly renamed: ReadonlyArray<RenamedOutput>
  /** Entries that were written to while tar read them. */
  readonly changed: ReadonlyArray<string>
}

const REMOVED = "it was removed before it could be collected"

/** The end of a complaint, and what it means to the reader. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["Permission denied", "the helper container may not read it; let the command make it readable (chmod a+rX)"],
  ["socket ignored", "it is a socket, and only files, folders and links are collected"],
  ["File name too long", "its path is too long for the helper container's tools; collect an archive of its folder"],
  ["No such file or directory", REMOVED],
  ["File removed before we read it", REMOVED]
])

/** Words of GNU's tar, which escapes names; busybox' prints them as they are. */
const GNU_WORDS = ["socket ignored", "File removed before we read it"]

const UNREAD = new RegExp(
  `^(?:tar|find): (can't open |can't stat |)(['"\\u2018]?)(work|output)(?:/(.*?))?/?['"\\u2019]?((?:: Cannot [a-z ]+)?): (${[...REASONS.keys()].join("|")})$`,
  "s"
)

/** GNU's tar alone says so. */
const CHANGED =
  /^tar: (work|output)(?:\/(.*?))?\/?: (?:file changed as we read it|File shrank by \d+ bytes?; padding with zeros)$/s

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\"
}

/** The name that GNU's tools show with escapes for what is not a printable character of ASCII. */
const unescaped = (name: string): string =>
  byteName(
    Buffer.from(
      nameBytes(name)
        .toString("latin1")
        .replace(/\\([0-7]{3}|[abfnrtv\\])/g, (_, code: string) =>
          code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8) & 0xff) : (ESCAPES[code] ?? code)
        ),
      "latin1"
    )
  )

/**
 * A complaint of tar or find as the entry that it names; `fromWork` when that lies in the working
 * folder. One in other words stands for itself.
 */
export const unreadOutput = (complaint: string): SkippedOutput & { readonly fromWork: boolean } => {
  const [, verb, quote, folder, name = "", cannot, words = ""] = UNREAD.exec(complaint) ?? []
  if (folder === undefined)
    return { name: complaint, reason: "the helper container could not read it", fromWork: false }
  const isGnu = cannot !== "" || (verb === "" && quote !== "") || GNU_WORDS.includes(words)
  // The session's script passes a newline on as `//`.
  const shown = isGnu ? unescaped(name) : name.replaceAll("//", "\n")
  return { name: shown || folder, reason: REASONS.get(words) ?? words, fromWork: folder === "work" }
}

/** The entry that a complaint of tar says was written to while it was read; undefined for any other complaint. */
export const changedOutput = (complaint: string): string | undefined => {
  const [, folder, name = ""] = CHANGED.exec(complaint) ?? []
  return unescaped(name) || folder
}

/** `names` are those that were asked for, in the order of the helper's indexes. */
export const outputsOf = (
  names: ReadonlyArray<string>,
  reported: ReportedOutputs,
  { broken, files, lost, renamed, skipped }: PlacedOutputs
): OutputOutcome => {
  // Patterns overlap, so one entry may be packed, and complained about, twice.
  const complaints = [...new Set(reported.unread)]
  const changed = complaints.flatMap((complaint) => changedOutput(complaint) ?? [])
  const unread = complaints.filter((complaint) => changedOutput(complaint) === undefined).map(unreadOutput)
  const unreadNames = new Set(unread.filter(({ fromWork }) => fromWork).map(({ name }) => name))
  // A link without its target, asked for by name, is not what was asked for.
  const links = names.filter((name) => broken.has(name))
  return {
    files,
    renamed,
    changed: [...new Set(changed)],
    missing: names.filter(
      (name, index) => reported.missing.includes(index) || broken.has(name) || lost.has(name) || unreadNames.has(name)
    ),
    skipped: [
      ...skipped,
      ...unread.map(({ name, reason }) => ({ name, reason })),
      ...links.map((name) => ({
        name,
        reason: `it is a link to ${broken.get(name)}, which is not there`
      }))
    ]
  }
}
