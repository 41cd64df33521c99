/**
 * Functions of expressions. What they need from outside, a secret or a file, the host answers;
 * random ones and the clock touch nothing else.
 */
import { randomInt, randomUUID } from "node:crypto"
import { parse } from "yaml"
import { Arguments, type GivenArgument } from "./Arguments.ts"
import { readJson } from "./DataFilters.ts"
import type { Host } from "./Host.ts"
import { rangeOf } from "./Operators.ts"
import { stop } from "./Problem.ts"
import { compare, isMap, ofExact, toValue, type Value } from "./Values.ts"

/** A function: its arguments by place, and what it makes of those that were given. */
export interface ExpressionFunction {
  readonly names: ReadonlyArray<string>
  readonly call: (name: string, given: ReadonlyArray<GivenArgument>, host: Host) => Value
}

type Entry = readonly [string, ExpressionFunction]

const define = (name: string, names: ReadonlyArray<string>, call: (args: Arguments, host: Host) => Value): Entry => [
  name,
  { names, call: (of, given, host) => call(Arguments.bind(of, names, given), host) }
]

/** `max(a, b, …)` and `min(a, b, …)`. */
const extreme = (name: string, sign: 1 | -1): Entry => [
  name,
  {
    names: ["a", "b", "…"],
    call: (of, given) => {
      const [first, ...rest] = given.map(({ value }) => value)
      if (first === undefined) return stop(`${of} needs values`)
      return rest.reduce<Value>((best, value) => (compare(value, best) * sign > 0 ? value : best), first)
    }
  }
]

const jsonFunction = (name: string): Entry =>
  define(name, ["json"], (args) => (args.any("json") === null ? null : readJson(name, args.text("json"))))

const readYaml = (text: string): Value => {
  try {
    return ofExact(parse(text, { intAsBigInt: true, maxAliasCount: 100, logLevel: "silent" }))
  } catch (error) {
    // Its message quotes the text.
    if (error instanceof Error) return stop("yaml: the text is no YAML")
    throw error
  }
}

const secret = (args: Arguments, { answers }: Host): Value => {
  const key = args.text("key")
  const found = answers.secret(key)
  if (found === undefined)
    return stop(`there is no secret '${key}': set the environment variable SECRET_${key}, in base64`)
  if (typeof found !== "string") return stop(found.problem)
  const field = args.optionalText("subkey")
  if (field === undefined) return found
  const value = readJson("secret", found)
  const inner = isMap(value) ? value.get(field) : undefined
  return inner ?? stop(`the secret '${key}' has no field '${field}'`)
}

/** An error of its own, which `??` does not take for nothing: the key may be misspelt. */
const keyValue = (args: Arguments, { answers }: Host): Value => {
  const key = args.text("key")
  const store = toValue(answers.kv)
  const found = isMap(store) ? store.get(key) : undefined
  if (found !== undefined) return found
  if (!args.boolean("errorOnMissing", true)) return null
  return stop(
    `kv() reads a key-value store that does not exist here: give '${key}' by the environment variable KV_${key}, --vars FILE (under kv) or --var kv.${key}=VALUE, or declare an input`
  )
}

const readFile = (args: Arguments, { answers }: Host): Value => {
  const path = args.text("path")
  const found = answers.read?.(path) ?? { problem: "read() has no files here" }
  return typeof found === "string" ? found : stop(found.problem)
}

const randomBetween = (args: Arguments): Value => {
  const [lower, upper] = [args.whole("lower"), args.whole("upper")]
  // The range that `randomInt` takes.
  if (upper <= lower || upper - lower >= 2 ** 48) return stop("randomInt goes from 'lower' to below a larger 'upper'")
  return BigInt(randomInt(lower, upper))
}

export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map([
  extreme("max", 1),
  extreme("min", -1),
  define("range", ["start", "end", "increment"], (args) =>
    rangeOf(args.any("start"), args.any("end"), args.has("increment") ? args.any("increment") : 1n)
  ),
  jsonFunction("fromJson"),
  // Kestra 2 has removed this name; flows still have it.
  jsonFunction("json"),
  define("yaml", ["yaml"], (args) => readYaml(args.text("yaml"))),
  define("now", ["timeZone"], (args, { dates }) => dates.currentDate(args.optionalText("timeZone"))),
  define("uuid", [], () => randomUUID()),
  define("randomInt", ["lower", "upper"], randomBetween),
  define("secret", ["key", "namespace", "subkey"], secret),
  define("kv", ["key", "namespace", "errorOnMissing"], keyValue),
  define("read", ["path", "namespace", "version"], readFile)
])
