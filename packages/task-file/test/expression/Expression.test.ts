import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { type ExpressionScope, makeRenderer } from "../../src/expression/Expression.ts"
import { hasExpression } from "../../src/expression/ExpressionMarks.ts"
import { fromJsonText, isMap, type Value } from "../../src/expression/Values.ts"

const Outcome = { value: Schema.optionalKey(Schema.String), error: Schema.optionalKey(Schema.Boolean) }

const Table = Schema.fromJsonString(
  Schema.Struct({
    base: Schema.String,
    cases: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        expression: Schema.String,
        context: Schema.optionalKey(Schema.String),
        ...Outcome,
        here: Schema.optionalKey(Schema.Struct({ ...Outcome, why: Schema.String }))
      })
    )
  })
)

const table = Schema.decodeSync(Table)(readFileSync(join(import.meta.dirname, "cases.json"), "utf8"))

const namesOf = (value: Value) => (isMap(value) ? Object.fromEntries(value) : {})

const render = Effect.fnUntraced(function* (
  text: string,
  values: Readonly<Record<string, unknown>> = {},
  answers: Partial<ExpressionScope> = {}
) {
  const renderer = yield* makeRenderer({ values, secret: () => undefined, ...answers })
  return yield* renderer(text)
})

describe("an expression has the value that Kestra gives it", () => {
  for (const { context, error, expression, here, id, value } of table.cases)
    it.effect(`${id}: ${expression}${here === undefined ? "" : ` (but: ${here.why})`}`, () =>
      Effect.gen(function* () {
        const values = namesOf(fromJsonText(context ?? table.base))
        const secret = (key: string) => (key.toUpperCase() === "MYPASSWORD" ? "password" : undefined)
        const rendered = yield* render(expression, values, { secret })
        const expected = here ?? { value, error }
        if (Result.isSuccess(rendered)) return assert.strictEqual(rendered.success, expected.value)
        assert.strictEqual(expected.error, true, rendered.failure.message)
        assert.isDefined(rendered.failure.at)
      })
    )
})

describe("makeRenderer", () => {
  it.effect.prop("leaves text without expressions as it is", [Schema.String], ([text]) =>
    Effect.gen(function* () {
      if (hasExpression(text)) return
      assert.deepStrictEqual(yield* render(text), Result.succeed(text))
    })
  )

  it.effect("keeps the last newline and everything around an expression", () =>
    Effect.gen(function* () {
      const rendered = yield* render(" $HOME ${x} {{ x }}\n\n", { x: "a<b>&\"'" })
      assert.deepStrictEqual(rendered, Result.succeed(" $HOME ${x} a<b>&\"'\n\n"))
    })
  )
})
