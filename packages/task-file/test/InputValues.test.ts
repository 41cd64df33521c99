import { assert, describe, it } from "@effect/vitest"
import type { Json } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import { readInputValue, resolveInputs } from "../src/InputValues.ts"
import type { InputType } from "../src/TaskFile.ts"
import { parseTaskFile } from "../src/TaskFileReader.ts"

const file = (inputs: string) =>
  Effect.fromResult(
    parseTaskFile(`image: i\ncommands: [c]\ninputs:\n${inputs}`, { fileName: "flow.yaml", directory: "/" })
  )

describe("readInputValue", () => {
  const cases: ReadonlyArray<readonly [InputType, string, unknown]> = [
    ["STRING", "a b", "a b"],
    ["STRING", "", ""],
    ["INT", "-12", -12],
    ["INT", "1.5", undefined],
    ["INT", "+7", 7],
    ["INT", "9007199254740993", 9007199254740993n],
    ["INT", "-123456789012345678901234567890", -123456789012345678901234567890n],
    ["INT", "9007199254740993x", undefined],
    ["JSON", '{"id":9007199254740993}', { id: 9007199254740993n }],
    ["FLOAT", "1.5", 1.5],
    ["FLOAT", " ", undefined],
    ["FLOAT", "abc", undefined],
    ["BOOLEAN", "true", true],
    ["BOOL", "false", false],
    ["BOOL", "yes", undefined],
    ["URI", "s3://bucket/key", "s3://bucket/key"],
    ["URI", "no uri", undefined],
    ["FILE", "/a b/c", "file:///a%20b/c"],
    ["FILE", "https://x/y", "https://x/y"],
    ["FILE", "", undefined],
    ["FILE", " ", undefined],
    ["JSON", '{"a":[1]}', { a: [1] }],
    ["JSON", "{", undefined]
  ]
  for (const [type, text, expected] of cases) {
    it(`${type} ${JSON.stringify(text)}`, () => {
      const input = { id: "x", type, required: true, defaults: undefined, path: [] }
      assert.deepStrictEqual(Result.getOrUndefined(readInputValue(input, text)), expected as never)
    })
  }
})

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
    ["STRING", "[1, 2]", null, /expected a value of type STRING, not '\[1,2\]'/],
    ["INT", "7", 7, undefined],
    ["INT", "1.5", null, /expected a whole number, not '1.5'/],
    ["BOOLEAN", "5", null, /expected true or false, not '5'/],
    ["BOOLEAN", "false", false, undefined],
    ["FILE", '""', null, /expected a path or a URL, not ''/],
    ["STRING", "null", null, undefined],
    ["JSON", "5", 5, undefined],
    ["JSON", "'{\"a\":[1,2]}'", { a: [1, 2] }, undefined],
    ["JSON", "'{'", null, /expected JSON: .*, not '\{'/]
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

  const cases: ReadonlyArray<readonly [string, string, Record<string, string>, RegExp]> = [
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
    [
      "a wrong type",
      "  - { id: n, type: INT }\n",
      { n: "x" },
      /^flow\.yaml:4:5: input 'n': expected a whole number, not 'x'$/
    ],
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
