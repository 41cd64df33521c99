/**
 * The text of a JSON value in parts: what names very many files is never made into one string.
 * Numbers keep their digits, as `jsonText` writes them. Pure.
 */
import { jsonText } from "@podwright/spec-builder"

/** A part has at least so many characters: enough for one write, too few to be felt in memory. */
const PART = 16 * 1024

/** Whether a value is written at once: it holds nothing that could be long, or writes itself. */
const isWhole = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  "toJSON" in value ||
  Object.values(value).every((one) => typeof one !== "object" || one === null)

function* pieces(value: unknown, space: number, margin: string): Generator<string> {
  if (isWhole(value)) {
    const text = jsonText(value, space)
    // A text has no newline in JSON but as `\n`.
    yield margin === "" ? text : text.replaceAll("\n", `\n${margin}`)
    return
  }
  const isArray = Array.isArray(value)
  const inner = margin + " ".repeat(space)
  const lineEnd = space === 0 ? "" : "\n"
  let before = isArray ? "[" : "{"
  for (const [key, one] of Object.entries(Object(value))) {
    if (one === undefined && !isArray) continue
    const name = isArray ? "" : `${JSON.stringify(key)}:${space === 0 ? "" : " "}`
    yield `${before}${lineEnd}${inner}${name}`
    yield* pieces(one ?? null, space, inner)
    before = ","
  }
  yield `${lineEnd}${margin}${isArray ? "]" : "}"}`
}

/** The same text as `jsonText` gives, part by part. */
export function* jsonParts(value: unknown, space = 0): Generator<string> {
  let part = ""
  for (const piece of pieces(value, space, "")) {
    part += piece
    if (part.length < PART) continue
    yield part
    part = ""
  }
  yield part
}
