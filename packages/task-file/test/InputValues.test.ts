import { assert, describe, it } from "@effect/vitest"
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
    ["INT", "99999999999999999999", undefined],
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

  const defaults: ReadonlyArray<readonly [type: string, written: string, value: unknown, problem: RegExp | undefined]> =
    [
      ["STRING", "1.50", "1.50", undefined],
      ["STRING", "true", "true", undefined],
      ["STRING", '"x"', "x", undefined],
      ["STRING", "[1, 2]", undefined, /expected a value of type STRING, not '\[1,2\]'/],
      ["INT", "7", 7, undefined],
      ["INT", "1.5", undefined, /expected a whole number, not '1.5'/],
      ["BOOLEAN", "5", undefined, /expected true or false, not '5'/],
      ["BOOLEAN", "false", false, undefined],
      ["FILE", '""', undefined, /expected a path or a URL, not ''/],
      ["STRING", "null", null, undefined],
      ["JSON", "5", 5, undefined],
      ["JSON", "'{\"a\":[1,2]}'", { a: [1, 2] }, undefined],
      ["JSON", "'{'", undefined, /expected JSON: .*, not '\{'/]
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
