/**
 * Faults by chance, the same for the same seed: the n-th request of a verb always draws the same
 * lot, whatever other requests come between. Pure.
 */
import { Schema } from "effect"
import { API_VERBS, type ApiCall, type ApiVerb, STREAM_VERBS } from "./ApiVerb.ts"
import type { Fault } from "./Fault.ts"

const Rate = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Rates = Schema.Struct({
  refuse: Schema.optionalKey(Rate),
  loseRequest: Schema.optionalKey(Rate),
  loseReply: Schema.optionalKey(Rate),
  cut: Schema.optionalKey(Rate),
  stall: Schema.optionalKey(Rate),
  stallForEver: Schema.optionalKey(Rate),
  truncate: Schema.optionalKey(Rate),
  falseSuccess: Schema.optionalKey(Rate),
  expire: Schema.optionalKey(Rate)
})

/** Kinds of faults that have a rate. */
export type FaultClass = keyof typeof Rates.Type

export const Chance = Schema.Struct({
  /**
   * Part of the requests that each kind befalls, of those it can befall; their sum is at most 1.
   */
  rates: Schema.optionalKey(Rates),
  /**
   * Codes of refusals; 429, 500 and 503 by default. Those that make no sense for a verb are left
   * out (410 for a create).
   */
  codes: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Streams that no rate has befallen are cut, after so many milliseconds on average. */
  cutEvery: Schema.optionalKey(
    Schema.Record(Schema.Literals(["exec", "log", "watch"]), Schema.optionalKey(Schema.Finite))
  )
})

export type Chance = typeof Chance.Type

/**
 * What a network has on a bad day: a few per cent of everything that passes by itself. It leaves
 * out what a run may rightly end with (401, 403) and stalls that only a deadline of half a minute
 * or more can end.
 */
export const MODERATE: Chance = {
  rates: {
    refuse: 0.05,
    loseRequest: 0.03,
    loseReply: 0.03,
    cut: 0.1,
    stall: 0.05,
    truncate: 0.03,
    falseSuccess: 0.05,
    expire: 0.05
  },
  codes: [410, 429, 500, 503]
}

/**
 * A source of numbers in [0, 1): mulberry32, enough for lots that need only look random and repeat.
 */
export const numbersFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const mix = (...parts: ReadonlyArray<number>): number => {
  let hash = 0x811c9dc5
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x01000193)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/**
 * Where in a stream a fault falls, bytes: small frames and large bodies shall both be met, so the
 * logarithm is even.
 */
const STREAM_BYTES = 4 * 1024 * 1024
/** The same for other answers, which have the length of a pod or of a few. */
const ANSWER_BYTES = 4096
/** Longest stall that ends, milliseconds. */
const LONGEST_STALL = 3000
/** How late the cluster may hear of a cut, milliseconds. */
const LONGEST_LINGER = 2000

const applies: Readonly<Record<FaultClass, (verb: ApiVerb) => boolean>> = {
  refuse: () => true,
  loseRequest: () => true,
  loseReply: () => true,
  cut: () => true,
  stall: () => true,
  stallForEver: () => true,
  truncate: () => true,
  falseSuccess: (verb) => verb === "exec",
  expire: (verb) => verb === "watch"
}

const CLASSES: ReadonlyArray<FaultClass> = [
  "refuse",
  "loseRequest",
  "loseReply",
  "cut",
  "stall",
  "stallForEver",
  "truncate",
  "falseSuccess",
  "expire"
]

/**
 * Whether a server could mean it: 410 is about a resourceVersion, which only lists and watches
 * name.
 */
const isPossible = (code: number, verb: ApiVerb): boolean => code !== 410 || verb === "list" || verb === "watch"

const befall = (kind: FaultClass, verb: ApiVerb, chance: Chance, next: () => number): Fault | undefined => {
  const pick = <A>(choices: ReadonlyArray<A>): A | undefined => choices[Math.floor(next() * choices.length)]
  const afterBytes = Math.floor(STREAM_VERBS.has(verb) ? STREAM_BYTES ** next() : ANSWER_BYTES * next())
  switch (kind) {
    case "refuse": {
      const code = pick((chance.codes ?? [429, 500, 503]).filter((one) => isPossible(one, verb)))
      if (code === undefined) return undefined
      return code === 429 ? { _tag: "Refuse", code, retryAfterSeconds: 1 } : { _tag: "Refuse", code }
    }
    case "loseRequest":
      return { _tag: "LoseRequest" }
    case "loseReply":
      return { _tag: "LoseReply" }
    case "cut": {
      const how = next() < 0.5 ? "reset" : "end"
      const direction = verb === "exec" && next() < 0.3 ? "up" : "down"
      const linger = next() < 0.5 ? { lingerMillis: Math.ceil(next() * LONGEST_LINGER) } : {}
      return { _tag: "Cut", how, direction, afterBytes, ...linger }
    }
    case "stall":
      return { _tag: "Stall", forMillis: Math.ceil(next() * LONGEST_STALL), afterBytes }
    case "stallForEver":
      return { _tag: "Stall", afterBytes }
    case "truncate":
      return { _tag: "Truncate", afterBytes }
    case "falseSuccess":
      return { _tag: "FalseSuccess", afterBytes }
    case "expire":
      return { _tag: "Expire", afterBytes }
  }
}

/** The lot of the `nth` (from 0) request of this verb. */
export const drawFault = (seed: number, chance: Chance, call: ApiCall, nth: number): Fault | undefined => {
  const { verb } = call
  const next = numbersFrom(mix(seed, API_VERBS.indexOf(verb), nth))
  let lot = next()
  for (const kind of CLASSES) {
    if (!applies[kind](verb)) continue
    const rate = chance.rates?.[kind] ?? 0
    if (lot < rate) return befall(kind, verb, chance, next)
    lot -= rate
  }
  const mean = verb === "exec" || verb === "log" || verb === "watch" ? chance.cutEvery?.[verb] : undefined
  if (mean === undefined) return undefined
  const how = next() < 0.5 ? "reset" : "end"
  // Waiting times between events that know nothing of each other.
  return { _tag: "Cut", how, afterMillis: Math.round(-Math.log(1 - next()) * mean) }
}
