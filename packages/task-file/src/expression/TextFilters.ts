/** Filters of texts. Pure. Null stays null. */
import { createHash } from "node:crypto"
import type { Arguments } from "./Arguments.ts"
import type { Host } from "./Host.ts"
import { Problem, stop } from "./Problem.ts"
import { printed, textOf, type Value } from "./Values.ts"
import { fits } from "./Weight.ts"

/** A filter: its arguments by place, and what it makes of its input. */
export interface Filter {
  readonly names: ReadonlyArray<string>
  readonly call: (input: Value, args: Arguments, host: Host) => Value
}

type Entry = readonly [string, Filter]

/** A filter of a text; lists and maps are texts as Java writes them. */
const text = (
  name: string,
  names: ReadonlyArray<string>,
  call: (input: string, args: Arguments, host: Host) => Value
): Entry => [name, { names, call: (input, args, host) => (input === null ? null : call(textOf(input), args, host)) }]

const hash = (name: string): Entry => text(name, [], (input) => createHash(name).update(input).digest("hex"))

const cut = (name: string, last: boolean, before: boolean): Entry =>
  text(name, ["separator"], (input, args) => {
    const separator = args.text("separator")
    const index = last ? input.lastIndexOf(separator) : input.indexOf(separator)
    if (index < 0) return before ? input : ""
    return before ? input.slice(0, index) : input.slice(index + separator.length)
  })

/** Where a regular expression's letters mean themselves, none has to be compiled. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/

/** Linear in the text whatever the expression, which Java's and JavaScript's are not. */
const compiled = (host: Host, expression: string) => {
  const { regex } = host
  try {
    return regex.compile(expression)
  } catch (error) {
    if (error instanceof Error && error.name.startsWith("RE2JS"))
      return stop(
        "the regular expression is none that can be matched in linear time (RE2): it has no look-around and no back references"
      )
    throw error
  }
}

/** As Java splits: a limit of 0 drops empty texts at the end, one above it is the number of parts. */
const split = (input: string, delimiter: string, limit: number, host: Host): ReadonlyArray<string> => {
  if (SPECIAL.test(delimiter) || delimiter === "") return compiled(host, delimiter).split(input, limit)
  const all = input.split(delimiter)
  if (limit > 0 && all.length > limit) return [...all.slice(0, limit - 1), all.slice(limit - 1).join(delimiter)]
  if (limit !== 0) return all
  const end = all.findLastIndex((part) => part !== "")
  return end < 0 ? all.slice(0, input === "" ? 1 : 0) : all.slice(0, end + 1)
}

const count = (text: string, part: string): number => {
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++
  return found
}

const replaceText = (before: string, wanted: string, replacement: string): string => {
  if (wanted === "") return before
  fits(count(before, wanted) * replacement.length)
  return before.replaceAll(wanted, () => replacement)
}

/** A group of a replacement is at most what was found, and all that was found is at most the text. */
const GROUPS = /\$/g

const replaceRegex = (before: string, wanted: string, replacement: string, host: Host): string => {
  const matcher = compiled(host, wanted).matcher(before)
  let found = 0
  while (matcher.find()) found++
  fits(found * replacement.length + (replacement.match(GROUPS)?.length ?? 0) * before.length)
  try {
    return matcher.reset().replaceAll(replacement)
  } catch (error) {
    throw error instanceof Problem
      ? error
      : new Problem("the replacement names a group that the regular expression has not")
  }
}

/** The pairs one after the other, each on what the one before has made. */
const replace = (input: string, args: Arguments, host: Host): string => {
  const pairs = Array.from(args.map("replace_pairs"))
  const regexp = args.boolean("regexp", false)
  return pairs.reduce((before, [wanted, other]) => {
    const replacement = printed(other)
    return regexp ? replaceRegex(before, wanted, replacement, host) : replaceText(before, wanted, replacement)
  }, input)
}

const urlEncoded = (input: string): string =>
  encodeURIComponent(input.toWellFormed())
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const urlDecoded = (input: string): string => {
  try {
    return decodeURIComponent(input.replaceAll("+", " "))
  } catch {
    return stop("urldecode: the text is not URL-encoded")
  }
}

const ESCAPES: ReadonlyMap<string, (input: string) => string> = new Map([
  ["single", (input: string) => input.replaceAll("'", "\\'")],
  ["double", (input: string) => input.replaceAll('"', '\\"')],
  ["shell", (input: string) => input.replaceAll("'", "'\\''")]
])

const escaped = (input: string, type: string): string =>
  ESCAPES.get(type)?.(input) ?? stop(`escapeChar: 'type' is one of ${[...ESCAPES.keys()].join(", ")}`)

/** Longest prefix that `indent` repeats. */
const WIDEST = 1000

const indented = (input: string, args: Arguments): string => {
  const amount = args.whole("amount")
  if (amount < 0 || amount > WIDEST) return stop(`the amount of an indent is from 0 to ${WIDEST}`)
  return replaceText(input, "\n", `\n${args.text("prefix", " ").repeat(amount)}`)
}

const abbreviated = (input: string, length: number): string => {
  if (length < 4) return stop("abbreviate: 'length' is 4 or more")
  return input.length <= length ? input : `${input.slice(0, length - 3)}...`
}

const slug = (input: string): string =>
  input
    .normalize("NFD")
    .replace(/[^\w\s-]/g, "")
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "-")

export const TEXT_FILTERS: ReadonlyArray<Entry> = [
  text("lower", [], (input) => input.toLowerCase()),
  text("upper", [], (input) => input.toUpperCase()),
  text("trim", [], (input) => input.trim()),
  text("title", [], (input) =>
    input.replace(/(^|\s)(\S)/g, (_all, space: string, letter: string) => space + letter.toUpperCase())
  ),
  text("capitalize", [], (input) => input.replace(/\S/, (letter) => letter.toUpperCase())),
  text("abbreviate", ["length"], (input, args) => abbreviated(input, args.whole("length"))),
  text("replace", ["replace_pairs", "regexp"], replace),
  cut("substringBefore", false, true),
  cut("substringAfter", false, false),
  cut("substringBeforeLast", true, true),
  cut("substringAfterLast", true, false),
  text("slugify", [], slug),
  text("startsWith", ["value"], (input, args) => input.startsWith(args.text("value"))),
  text("endsWith", ["value"], (input, args) => input.endsWith(args.text("value"))),
  text("base64encode", [], (input) => Buffer.from(input).toString("base64")),
  text("base64decode", [], (input) => Buffer.from(input, "base64").toString()),
  text("urlencode", [], urlEncoded),
  text("urldecode", [], urlDecoded),
  hash("sha256"),
  hash("sha1"),
  hash("sha512"),
  hash("md5"),
  text("escapeChar", ["type"], (input, args) => escaped(input, args.text("type"))),
  text("string", [], (input) => input),
  text("split", ["delimiter", "limit"], (input, args, host) =>
    split(input, args.text("delimiter"), args.whole("limit", 0), host)
  ),
  text("indent", ["amount", "prefix"], indented),
  text("nindent", ["amount", "prefix"], (input, args) => indented(`\n${input}`, args))
]
