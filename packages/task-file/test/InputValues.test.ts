import { assert, describe, it } from "@effect/vitest"
import type { Json } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import { resolveInputs } from "../src/InputValues.ts"
import { parseTaskFile } from "../src/TaskFileReader.ts"

const file = (inputs: string) =>
  Effect.fromResult(
    parseTaskFile(`image: i\ncommands: [c]\ninputs:\n${inputs}`, { fileName: "flow.yaml", directory: "/" })
  )

describe("resolveInputs", () => {
  it.effect("prefers what is given to the default, and gives null for what may be absent", () =>
    Effect.gen(function* () {
      const declared = yield* file(
        "  - { id: a, type: INT, defaults: 1 }\n  - { id: b, type: STRING, defaults: x }\n  - { id: c, type: STRING, required: false }\n  - { id: d, type: JSON, defaults: { k: v } }\n"
      )
      assert.deepStrictEqual(yield* resolveInputs(declared, { a: "2" }), { a: 2, b: "x", c: null, d: { k: "v" } })
    })
  )

  it.effect("keeps the digits of numbers, given and by default", () =>
    Effect.gen(function* () {
      const types = ["INT", "FLOAT", "JSON", "JSON", "STRING"]
      const written = ["9007199254740993", "2", "2.0", '{"id":9007199254740993,"f":[2.0]}', "010"]
      const text = '{"i0":9007199254740993,"i1":2.0,"i2":2.0,"i3":{"id":9007199254740993,"f":[2.0]},"i4":"010"}'
      const declare = (rest: (index: number) => string) =>
        file(types.map((type, index) => `  - { id: i${index}, type: ${type}${rest(index)} }\n`).join(""))
      const byDefault = yield* resolveInputs(yield* declare((index) => `, defaults: ${written[index]}`), {})
      assert.strictEqual(JSON.stringify(byDefault), text)
      const values = Object.fromEntries(written.map((one, index) => [`i${index}`, one]))
      assert.strictEqual(JSON.stringify(yield* resolveInputs(yield* declare(() => ""), values)), text)
    })
  )

  const defaults: ReadonlyArray<readonly [type: string, written: string, value: Json, problem: RegExp | undefined]> = [
    ["STRING", "1.50", "1.50", undefined],
    ["STRING", "true", "true", undefined],
    ["STRING", '"x"', "x", undefined],
    ["STRING", "[1, 2]", null, /expected a value of type STRING$/],
    ["INT", "7", 7, undefined],
    ["INT", "1.5", null, /expected a whole number$/],
    ["BOOLEAN", "5", null, /expected true or false$/],
    ["BOOLEAN", "false", false, undefined],
    ["FILE", '""', null, /expected a path or a URL$/],
    ["STRING", "null", null, undefined],
    ["JSON", "5", 5, undefined],
    ["JSON", "'{\"a\":[1,2]}'", { a: [1, 2] }, undefined],
    ["JSON", "'{'", null, /expected JSON; it is not well-formed( at position \d+)?$/]
  ]
  for (const [type, written, value, problem] of defaults) {
    it.effect(`reads the default ${written} of type ${type}`, () =>
      Effect.gen(function* () {
        const declared = yield* file(`  - { id: a, type: ${type}, defaults: ${written} }\n`)
        const read = yield* Effect.result(resolveInputs(declared, {}))
        if (problem === undefined) assert.deepStrictEqual(Result.getOrThrow(read), { a: value })
        else assert.match(Result.isFailure(read) ? read.failure.message : "", problem)
      })
    )
  }

  it.effect("reads lists, and defaults that are expressions of what is before them", () =>
    Effect.gen(function* () {
      const declared = yield* file(
        `  - { id: a, type: STRING, defaults: x }
  - { id: b, type: STRING, defaults: "{{ inputs.a }}-y" }
  - { id: n, type: INT, defaults: "{{ 40 + 2 }}" }
  - { id: l, type: ARRAY, itemType: INT, defaults: [1, 9007199254740993] }
  - { id: m, type: MULTISELECT, values: [a, 1.50], defaults: ["1.50"] }
  - { id: s, type: SELECT, expression: '["{{ inputs.a }}", "z"]', defaults: x }
  - { name: old, type: DATE, required: false }
  - { id: y, type: YAML, defaults: { k: [1] } }
`
      )
      assert.deepStrictEqual(yield* resolveInputs(declared, {}), {
        a: "x",
        b: "x-y",
        n: 42,
        l: [1, 9007199254740993n],
        m: ["1.50"],
        s: "x",
        old: null,
        y: { k: [1] }
      })
    })
  )

  it.effect("does not ask for an input whose dependsOn does not hold", () =>
    Effect.gen(function* () {
      const declared = yield* file(
        `  - { id: a, type: BOOL, defaults: false }
  - { id: b, type: STRING, dependsOn: { inputs: [a], condition: "{{ inputs.a == true }}" } }
`
      )
      assert.deepStrictEqual(yield* resolveInputs(declared, {}), { a: false, b: null })
      assert.deepStrictEqual(yield* resolveInputs(declared, { a: "true", b: "x" }), { a: true, b: "x" })
      const missing = yield* Effect.flip(resolveInputs(declared, { a: "true" }))
      assert.match(missing.message, /5:5: input 'b' is required/)
      const given = yield* Effect.flip(resolveInputs(declared, { b: "x" }))
      assert.match(given.message, /5:5: input 'b': it is given, but its dependsOn does not hold/)
    })
  )

  it.effect("never repeats the value of a secret, and little of any other", () =>
    Effect.gen(function* () {
      const declared = yield* file("  - { id: s, type: SECRET, validator: a }\n  - { id: n, type: INT }\n")
      const error = yield* Effect.flip(resolveInputs(declared, { s: "hunter2", n: "x".repeat(10_000) }))
      assert.notInclude(error.message, "hunter2")
      assert.match(error.message, /4:5: input 's': expected a text that 'a' matches\n/)
      assert.isBelow(error.message.length, 400)
    })
  )

  const cases: ReadonlyArray<readonly [string, string, Record<string, string>, RegExp]> = [
    [
      "a choice that is none",
      "  - { id: s, type: SELECT, values: [a, 010] }\n",
      { s: "c" },
      /^flow\.yaml:4:5: input 's': expected one of a, 010$/
    ],
    [
      "a limit that is none",
      "  - { id: n, type: INT, min: many, defaults: 1 }\n",
      {},
      /^flow\.yaml:4:30: input 'n': min: expected a value of type INT, not 'many'$/
    ],
    [
      "a default whose expression is wrong",
      "  - { id: n, type: STRING, defaults: '{{ inputs.x }}' }\n",
      {},
      /^flow\.yaml:4:\d+: input 'n': there is no 'x' in 'inputs'/
    ],
    [
      "a required input",
      "  - { id: file, type: FILE }\n",
      {},
      /^flow\.yaml:4:5: input 'file' is required: give it with --input file=PATH$/
    ],
    [
      "an unknown name",
      "  - { id: file, type: STRING }\n",
      { file: "x", fil: "x" },
      /^flow\.yaml:4:3: unknown input 'fil'; did you mean 'file'\?$/
    ],
    ["a wrong type", "  - { id: n, type: INT }\n", { n: "x" }, /^flow\.yaml:4:5: input 'n': expected a whole number$/],
    [
      "a file that is not there",
      "  - { id: f, type: FILE }\n",
      { f: "/nowhere/f" },
      /^flow\.yaml:4:5: input 'f': .*\/nowhere\/f/
    ],
    [
      "a name from a prototype",
      "  - { id: f, type: STRING }\n",
      { f: "x", constructor: "x" },
      /unknown input 'constructor'/
    ]
  ]
  for (const [name, inputs, given, expected] of cases) {
    it.effect(`tells ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* resolveInputs(yield* file(inputs), given).pipe(Effect.flip)
        assert.match(error.message, expected)
      })
    )
  }
})
