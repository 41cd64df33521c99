/**
 * What filters and functions may ask for beyond their arguments: values that the caller of the
 * renderer answers, and parts that load when first needed.
 */
import { type EngineName, NeedsEngine } from "./Problem.ts"

/** jq, once it is loaded: JSON in, JSON out, one value a line. */
export interface Jq {
  readonly raw: (json: string, program: string, flags: ReadonlyArray<string>) => string
}

/** The parts that load when an expression first needs them. */
export interface LoadedEngines {
  readonly dates?: typeof import("./JavaDates.ts")
  readonly regex?: typeof import("re2js").RE2JS
  readonly jq?: Jq
}

/** An answer that is no value, with what to do about it. */
export interface NoAnswer {
  readonly problem: string
}

/** The functions whose answers come from outside. */
export interface Answers {
  /** `secret('KEY')`; undefined where there is none of that name. */
  readonly secret: (key: string) => string | NoAnswer | undefined
  /** What `kv('KEY')` reads, by key. */
  readonly kv?: Readonly<Record<string, unknown>> | undefined
  /** `read('PATH')`: the text of a file. */
  readonly read?: ((path: string) => string | NoAnswer) | undefined
}

export class Host {
  readonly answers: Answers
  readonly #loaded: LoadedEngines

  constructor(answers: Answers, loaded: LoadedEngines) {
    this.answers = answers
    this.#loaded = loaded
  }

  #need(engine: EngineName): never {
    throw new NeedsEngine(engine)
  }

  get dates() {
    return this.#loaded.dates ?? this.#need("dates")
  }

  get regex() {
    return this.#loaded.regex ?? this.#need("regex")
  }

  get jq() {
    return this.#loaded.jq ?? this.#need("jq")
  }
}
