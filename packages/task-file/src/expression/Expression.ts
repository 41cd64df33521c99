/**
 * Renders the expressions of texts, `{{ … }}`, as Kestra does: strict about names, bounded in work,
 * without access to anything but what it is given. The evaluator loads when the first expression is
 * met, and its larger parts when an expression needs them.
 */
import { createRequire } from "node:module"
import { Effect, Result } from "effect"
import type { SourcePosition } from "../YamlDocument.ts"
import { hasExpression } from "./ExpressionMarks.ts"
import type { Answers, Jq, LoadedEngines } from "./Host.ts"
import { type EngineName, NeedsEngine, Problem } from "./Problem.ts"
import { toValue } from "./Values.ts"

/** Why a text cannot be rendered; its words quote no value. */
export interface ExpressionProblem {
  readonly message: string
  /** Within the text. */
  readonly at: SourcePosition | undefined
}

/** What expressions may refer to. */
export interface ExpressionScope extends Answers {
  /** Names an expression may use; values are JSON. */
  readonly values: Readonly<Record<string, unknown>>
}

/** A CommonJS module that is a promise of its functions, so that no `import()` may resolve to it. */
const loadJq = async (): Promise<Jq> => {
  const loaded: Jq = await createRequire(import.meta.url)("jq-web")
  return { raw: (json, program, flags) => loaded.raw(json, program, flags) }
}

const load: { readonly [Name in EngineName]: () => Promise<LoadedEngines> } = {
  dates: async () => ({ dates: await import("./JavaDates.ts") }),
  regex: async () => ({ regex: (await import("re2js")).RE2JS }),
  jq: async () => ({ jq: await loadJq() })
}

/** Of this process: what is loaded stays. */
let engines: LoadedEngines = {}

/**
 * Renders texts in one scope. What a value contains is never rendered again, unless `render()` asks
 * for it. A text that is an expression and nothing else comes out as `nothing` where its value is null.
 */
export const makeRenderer = Effect.fnUntraced(function* (scope: ExpressionScope) {
  const values = yield* Effect.cached(
    Effect.sync(() => new Map(Object.entries(scope.values).map(([name, value]) => [name, toValue(value)])))
  )

  return Effect.fnUntraced(function* (
    text: string,
    nothing = ""
  ): Effect.fn.Return<Result.Result<string, ExpressionProblem>> {
    if (!hasExpression(text)) return Result.succeed(text)
    const { renderTemplate } = yield* Effect.promise(() => import("./Rendering.ts"))
    const known = yield* values
    // Rendering has no effects, so it starts over when a part it needs has been loaded.
    for (;;) {
      const rendered = Result.try({
        try: () => renderTemplate(text, { values: known, answers: scope, engines, nothing }),
        catch: (error) => error
      })
      if (Result.isSuccess(rendered)) return Result.succeed(rendered.success)
      const { failure } = rendered
      if (failure instanceof NeedsEngine) {
        const loaded = yield* Effect.promise(load[failure.engine])
        engines = { ...engines, ...loaded }
      } else if (failure instanceof Problem) return Result.fail({ message: failure.message, at: failure.at })
      else return yield* Effect.die(failure)
    }
  })
})
