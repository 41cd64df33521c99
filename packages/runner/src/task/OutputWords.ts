/** What a run says of outputs that did not come back. Pure. */
import type { OutputMissing } from "./RunReason.ts"
import type { SkippedOutput } from "./RunResult.ts"

/** Skipped outputs that are warned of one by one; a tree may hold very many links. */
const WARNED = 20

/** A name as one word on one line: it comes from the pod, and may hold any character. */
const quoted = (name: string): string => (/^[^\p{C}'\\\u2028\u2029]*$/u.test(name) ? `'${name}'` : JSON.stringify(name))

/** A warning for each of the first skipped outputs, and one for all others. */
export const skipWarnings = (skipped: ReadonlyArray<SkippedOutput>): ReadonlyArray<string> => {
  const others = skipped.length - WARNED
  return [
    ...skipped
      .slice(0, WARNED)
      .map(({ name, reason }) => `output ${quoted(name)} did not come back: ${oneLine(reason)}`),
    ...(others > 0 ? [`${others} more outputs did not come back; the result names them all (skipped)`] : [])
  ]
}

/** A reason may repeat where a link leads, in the pod's own characters. */
const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => JSON.stringify(character).slice(1, -1))

/** Why a command that succeeded has no result: outputs asked for by name did not come back. */
export const explainMissing = ({ names, skipped = [] }: Pick<OutputMissing, "names" | "skipped">): string => {
  const reasons = new Map(skipped.map(({ name, reason }) => [name, reason]))
  const unwritten = names.filter((name) => !reasons.has(name)).map(quoted)
  const lost = names
    .filter((name) => reasons.has(name))
    .map((name) => `${quoted(name)} did not come back: ${oneLine(reasons.get(name) ?? "")}`)
  const parts = unwritten.length === 0 ? lost : [`did not write ${unwritten.join(", ")}`, ...lost]
  return `the command succeeded but ${parts.join("; ")} (outputFiles)`
}
