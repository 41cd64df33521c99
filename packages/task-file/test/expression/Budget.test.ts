/** Hostile templates: each ends with an error at its place, without using up the process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { makeRenderer } from "../../src/expression/Expression.ts"
import { jsonOf, toValue } from "../../src/expression/Values.ts"

const render = Effect.fnUntraced(function* (text: string) {
  const renderer = yield* makeRenderer({ values: { x: 1 }, secret: () => undefined })
  return yield* renderer(text)
})

const doubled = (first: string, step: string, times: number) => `{% set a = ${first} %}${step.repeat(times)}`
const LIST = "{% set a = [a, a] %}"

describe("a template ends with an error that", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, said: RegExp]> = [
    ["nests parentheses", `{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`, /nested more than 100 deep/],
    ["nests operators", `{{ ${"not ".repeat(5000)}true }}`, /nested more than 100 deep/],
    ["nests lists", `{{ ${"[".repeat(5000)}`, /nested more than 100 deep/],
    ["nests tags", "{% if true %}".repeat(5000), /nested more than 100 deep/],
    ["nests texts in texts", `{{ "${'#{"'.repeat(500)}`, /nested more than 100 deep/],
    ["repeats operators", `{{ 1${" + 1".repeat(20_000)} }}`, /nested too deep/],
    ["repeats filters", `{{ 1${" | abs".repeat(20_000)} }}`, /nested too deep/],
    [
      "calls a macro from itself",
      "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
      /call each other more than 100 deep/
    ],
    [
      "renders a text that renders itself",
      "{% set t = '{{ render(t) }}' %}{{ render(t) }}",
      /call each other more than 100 deep/
    ],
    [
      "renders a text that stays an expression",
      "{% set t = '{{ t }}x' %}{{ render(t) }}",
      /finds expressions after 10 passes/
    ],
    ["doubles a text", `${doubled("'xxxxxxxx'", "{% set a = a ~ a %}", 60)}`, /too long/],
    ["prints a list of itself, doubled", `${doubled("[1]", LIST, 60)}{{ a }}`, /too long/],
    ["compares lists of themselves", `${doubled("[1]", LIST, 60)}{{ a == [a] }}`, /too long/],
    ["joins lists of themselves", `${doubled("[1]", LIST, 60)}{{ a ~ '' }}`, /too long/],
    [
      "writes maps of themselves",
      `${doubled("{'a': 1}", "{% set a = {'a': a, 'b': a} %}", 60)}{{ a | toJson }}`,
      /too long/
    ],
    ["loops in a loop", "{% for a in 1..9999 %}{% for b in 1..9999 %}x{% endfor %}{% endfor %}", /too many steps/],
    ["sorts in a loop", "{% for a in 1..9999 %}{{ 1..9999 | sort | length }}{% endfor %}", /too many steps/],
    ["makes a list too long", "{{ 1..99999999999 }}", /at most 10000 numbers/],
    [
      "replaces each letter by many",
      `${doubled("'aaaaaaaa'", "{% set a = a ~ a %}", 18)}{{ a | replace({'a': a}) }}`,
      /too long/
    ],
    [
      "replaces by its whole text",
      `${doubled("'aaaaaaaa'", "{% set a = a ~ a %}", 18)}{{ a | replace({'a+': '$0$0$0$0$0'}, regexp=true) }}`,
      /too long/
    ],
    ["joins by a long text", `${doubled("'aaaaaaaa'", "{% set a = a ~ a %}", 16)}{{ 1..9999 | join(a) }}`, /too long/],
    ["indents too far", "{{ 'a' | indent(99999) }}", /from 0 to 1000/],
    ["has a long date pattern", `{{ now() | date('${"EM".repeat(5000)}') }}`, /at most 200 letters/],
    [
      "reads digits in every way",
      `{{ '${"1".repeat(60)}x' | date(existingFormat='ydMHhmsSDkL') }}`,
      /no date of its existingFormat/
    ],
    ["reads a deep JSON", `{{ fromJson('${"[".repeat(50_000)}') }}`, /no JSON/]
  ]
  for (const [name, text, said] of rows)
    it.effect(
      name,
      () =>
        Effect.gen(function* () {
          const rendered = yield* render(text)
          assert.isTrue(Result.isFailure(rendered))
          if (Result.isSuccess(rendered)) return
          assert.match(rendered.failure.message, said)
          assert.isDefined(rendered.failure.at)
          assert.isBelow(rendered.failure.message.length, 300)
        }),
      20_000
    )

  it.effect("never where a regular expression would not end", () =>
    Effect.gen(function* () {
      const text = `{{ '${"a".repeat(5000)}!' | split('(a+)+$') | length }} {{ '${"a".repeat(5000)}' | split('(a|aa)*b') | length }}`
      assert.deepStrictEqual(yield* render(text), Result.succeed("1 1"))
    })
  )

  it.effect("never where marks of a shell stand by the thousand", () =>
    Effect.gen(function* () {
      const text = `${"${#".repeat(50_000)}${"{{.".repeat(50_000)}`
      assert.deepStrictEqual(yield* render(text), Result.succeed(text))
    })
  )
})

const SIGNS = [
  ...[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    " ",
    "\n",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "#{",
    "\\",
    "$",
    ".",
    ",",
    ":",
    "="
  ],
  ...["x", "1", "2.0", "null", "true", "a", "inputs", "loop"],
  ...["+", "*", "/", "%", "~", "|", "?", "??", "???", "==", "<", "..", "not", "and", "or", "is", "isIn", "contains"],
  ...[
    "if",
    "endif",
    "else",
    "elseif",
    "for",
    "in",
    "endfor",
    "set",
    "macro",
    "endmacro",
    "block",
    "endblock",
    "raw",
    "endraw",
    "filter",
    "endfilter"
  ],
  ...["upper", "date", "now()", "split", "default", "jsonless", "range(", "render(", "defined", "print", "end", "range"]
] as const

describe("any template", () => {
  it.effect.prop(
    "of the language's own signs is rendered, or ends with an error at a place in it",
    [Schema.Array(Schema.Literals(SIGNS)), Schema.Boolean],
    ([signs, spaced]) =>
      Effect.gen(function* () {
        const text = `{{ ${signs.join(spaced ? " " : "")} }}`
        const rendered = yield* render(text)
        if (Result.isSuccess(rendered)) return
        const { at, message } = rendered.failure
        const line = text.split("\n")[(at?.line ?? 0) - 1]
        assert.isDefined(line, message)
        assert.isAtMost(at?.column ?? 0, (line?.length ?? 0) + 1, message)
      }),
    { arbitrary: { runs: 500 } }
  )
})

describe("a value of JSON", () => {
  it.effect.prop("prints as it is written, and reads as it was", [Schema.MutableJson], ([json]) =>
    Effect.gen(function* () {
      const value = toValue(json)
      const renderer = yield* makeRenderer({ values: { v: json }, secret: () => undefined })
      const printed = value === null ? "" : typeof value === "string" ? value : jsonOf(value)
      assert.deepStrictEqual(yield* renderer("{{ v }}"), Result.succeed(printed))
      const again = "{{ [fromJson(v | toJson)] == [v] }} {{ fromJson(v | toJson) | toJson }}"
      assert.deepStrictEqual(yield* renderer(again), Result.succeed(`true ${jsonOf(value)}`))
    })
  )
})
