/**
 * What a session says of its outputs once they are in place: which requested names did not come
 * back, and which entries could not be taken and why. Pure.
 */
import type { SkippedOutput } from "./OutputEntry.ts"
import type { OutputFiles, PlacedOutputs } from "./OutputFiles.ts"

/** What the helper reported of the outputs: see the session's state. */
export interface ReportedOutputs {
  /** Indexes of output names that do not exist. */
  readonly missing: ReadonlyArray<number>
  /** Complaints of the helper's tools about entries that they could not read. */
  readonly unread: ReadonlyArray<string>
}

/** The outputs as a session returns them. */
export interface OutputOutcome {
  readonly files: OutputFiles
  /** Requested names that do not exist, or are `skipped`. */
  readonly missing: ReadonlyArray<string>
  readonly skipped: ReadonlyArray<SkippedOutput>
}

/** The end of a complaint, and what it means to the reader. */
const UNREAD =
  /^(?:tar|find): (?:can't open |can't stat )?['"\u2018]?(work|output)(?:\/(.*?))?\/?['"\u2019]?(?:: Cannot [a-z ]+)?: (Permission denied|socket ignored)$/

const REASONS: Readonly<Record<string, string>> = {
  "Permission denied": "the helper container may not read it; let the command make it readable (chmod a+rX)",
  "socket ignored": "it is a socket, and only files, folders and links are collected"
}

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

/** A name without the escapes that GNU's tools show instead of bytes beyond ASCII. */
const unescaped = (name: string): string =>
  /\\/.test(name)
    ? Buffer.from(
        name.replace(/\\([0-7]{3}|[abfnrtv\\])/g, (_, code: string) =>
          code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8) & 0xff) : (ESCAPES[code] ?? code)
        ),
        "latin1"
      ).toString("utf8")
    : name

/**
 * A complaint of tar or find as the entry that it names; `fromWork` when that lies in the working
 * folder. One in other words stands for itself.
 */
export const unreadOutput = (complaint: string): SkippedOutput & { readonly fromWork: boolean } => {
  const [, folder, name = "", words = ""] = UNREAD.exec(complaint) ?? []
  return folder === undefined
    ? { name: complaint, reason: "the helper container could not read it", fromWork: false }
    : { name: unescaped(name) || folder, reason: REASONS[words] ?? words, fromWork: folder === "work" }
}

/** `names` are those that were asked for, in the order of the helper's indexes. */
export const outputsOf = (
  names: ReadonlyArray<string>,
  reported: ReportedOutputs,
  { broken, files, lost, skipped }: PlacedOutputs
): OutputOutcome => {
  // Patterns overlap, so one entry may be packed, and complained about, twice.
  const unread = [...new Set(reported.unread)].map(unreadOutput)
  const unreadNames = new Set(unread.filter(({ fromWork }) => fromWork).map(({ name }) => name))
  // A link without its target, asked for by name, is not what was asked for.
  const links = names.filter((name) => broken.has(name))
  return {
    files,
    missing: names.filter(
      (name, index) => reported.missing.includes(index) || broken.has(name) || lost.has(name) || unreadNames.has(name)
    ),
    skipped: [
      ...skipped,
      ...unread.map(({ name, reason }) => ({ name, reason })),
      ...links.map((name) => ({
        name,
        reason: `it is a link to ${broken.get(name)}, which was not collected; list its target in outputFiles, too`
      }))
    ]
  }
}
