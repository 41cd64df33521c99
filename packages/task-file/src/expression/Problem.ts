/**
 * How the evaluator stops. These are thrown, not returned: `??` and `is defined` catch what stands
 * any number of calls below them. Only the renderer lets them out, as values. Pure.
 */
import type { SourcePosition } from "../YamlDocument.ts"

/** A template cannot be rendered. Its words never quote a value, which may be a secret. */
export class Problem extends Error {
  override readonly name: string = "Problem"
  /** Within the text; undefined until the node is known that it comes from. */
  readonly at: SourcePosition | undefined

  constructor(message: string, at?: SourcePosition) {
    super(message)
    this.at = at
  }

  /** The same problem in other words or at another place. */
  renamed(message: string, at: SourcePosition): Problem {
    return new Problem(message, at)
  }

  /** The same problem, at this place unless it has one. */
  placed(at: SourcePosition): Problem {
    return this.at === undefined ? this.renamed(this.message, at) : this
  }
}

/** A name or a key that is not there: `??`, `default` and `is defined` take it for nothing. */
export class Missing extends Problem {
  override readonly name = "Missing"

  override renamed(message: string, at: SourcePosition): Missing {
    return new Missing(message, at)
  }
}

/** Runs a step; its problem is at this place. */
export const placed = <A>(at: SourcePosition, step: () => A): A => {
  try {
    return step()
  } catch (error) {
    throw error instanceof Problem ? error.placed(at) : error
  }
}

/** The parts of the evaluator that load when an expression first needs them. */
export type EngineName = "dates" | "regex" | "jq"

/** The rendering starts over once this part is loaded. */
export class NeedsEngine extends Error {
  override readonly name = "NeedsEngine"
  readonly engine: EngineName

  constructor(engine: EngineName) {
    super(`needs ${engine}`)
    this.engine = engine
  }
}

/** Stops with these words. */
export const stop = (message: string, at?: SourcePosition): never => {
  throw new Problem(message, at)
}
