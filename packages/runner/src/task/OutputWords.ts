/** What a run says of outputs that did not come back, or not as they were. Pure. */
import type { RenamedOutput } from "@podwright/file-sync"
import { shownText } from "@podwright/spec-builder"
import type { OutputMissing } from "./RunReason.ts"
import type { SkippedOutput } from "./RunResult.ts"

/** Outputs that are warned of one by one; a tree may hold very many links. */
const WARNED = 20

/** A name of the pod's own characters, on one line. */
const quoted = (name: string): string => `'${shownText(name)}'`

/** A warning for each of the first skipped outputs, and one for all others. */
export const skipWarnings = (skipped: ReadonlyArray<SkippedOutput>): ReadonlyArray<string> => {
  const others = skipped.length - WARNED
  return [
    ...skipped
      .slice(0, WARNED)
      .map(({ name, reason }) => `output ${quoted(name)} did not come back: ${shownText(reason)}`),
    ...(others > 0 ? [`${others} more outputs did not come back; the result names them all (skipped)`] : [])
  ]
}

/** A warning for each of the first outputs that came back under another name, and one for all others. */
export const renameWarnings = (renamed: ReadonlyArray<RenamedOutput>): ReadonlyArray<string> => {
  const others = renamed.length - WARNED
  return [
    ...renamed
      .slice(0, WARNED)
      .map(
        ({ as, name }) =>
          `output ${quoted(name)} of the working folder came back as ${quoted(as)}: the output folder has one of its name`
      ),
    ...(others > 0 ? [`${others} more outputs of the working folder came back under another name`] : [])
  ]
}

/** A warning for each of the first outputs that were written to while they were read, and one for all others. */
export const changeWarnings = (changed: ReadonlyArray<string>): ReadonlyArray<string> => {
  const others = changed.length - WARNED
  return [
    ...changed
      .slice(0, WARNED)
      .map(
        (name) =>
          `output ${quoted(name)} was written to while it was collected, so it may be a mixture or end with zeros; let the command wait for what it starts`
      ),
    ...(others > 0 ? [`${others} more outputs were written to while they were collected`] : [])
  ]
}

/** What became of outputs asked for by name that did not come back. */
export const missingWords = ({ names, skipped = [] }: Pick<OutputMissing, "names" | "skipped">): string => {
  const reasons = new Map(skipped.map(({ name, reason }) => [name, reason]))
  const unwritten = names.filter((name) => !reasons.has(name)).map(quoted)
  const lost = names
    .filter((name) => reasons.has(name))
    .map((name) => `${quoted(name)} did not come back: ${shownText(reasons.get(name) ?? "")}`)
  return (unwritten.length === 0 ? lost : [`did not write ${unwritten.join(", ")}`, ...lost]).join("; ")
}

/** Why a command that succeeded has no result: outputs asked for by name did not come back. */
export const explainMissing = (missing: Pick<OutputMissing, "names" | "skipped">): string =>
  `the command succeeded but ${missingWords(missing)} (outputFiles)`
