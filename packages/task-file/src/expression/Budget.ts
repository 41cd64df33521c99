/**
 * What one rendering may cost. A template runs in the process that renders it, so that neither an
 * endless loop nor a text that doubles may take it down. No I/O.
 */
import type { SourcePosition } from "../YamlDocument.ts"
import { stop } from "./Problem.ts"
import type { Value } from "./Values.ts"
import { HEAVIEST, weightOf } from "./Weight.ts"

/** Some tenths of a second; a rendering of a few hundred names takes some thousand. */
const STEPS = 1_000_000
/** Macros, blocks and rendered texts within each other. */
const CALLS = 100
/** Levels of the tree of expressions and tags, each a few frames of the stack. */
const LEVELS = 600

export class Budget {
  #steps = 0
  #output = 0
  #calls = 0
  #levels = 0

  step(at: SourcePosition | undefined, count = 1): void {
    this.#steps += count
    if (this.#steps > STEPS) stop("the template takes too many steps: a loop in it is too long", at)
  }

  /** Evaluates one level deeper. */
  level<A>(at: SourcePosition | undefined, evaluate: () => A): A {
    if (++this.#levels > LEVELS) stop("the expression is nested too deep", at)
    try {
      return evaluate()
    } finally {
      this.#levels--
    }
  }

  /** Evaluates what may call itself. */
  call<A>(at: SourcePosition, evaluate: () => A): A {
    if (++this.#calls > CALLS) stop(`macros, blocks and rendered texts call each other more than ${CALLS} deep`, at)
    try {
      return evaluate()
    } finally {
      this.#calls--
    }
  }

  /** Passes on a value that is about to be gone through, or has just been made: larger ones cost more steps. */
  sized(value: Value, at: SourcePosition | undefined): Value {
    const weight = weightOf(value)
    if (weight > HEAVIEST) stop("a text, list or map in the expression is too long", at)
    if (weight > 512) this.step(at, Math.ceil(weight / 512))
    return value
  }

  output(characters: number, at: SourcePosition | undefined): void {
    this.#output += characters
    if (this.#output > HEAVIEST) stop("the rendered text is too long", at)
  }
}
