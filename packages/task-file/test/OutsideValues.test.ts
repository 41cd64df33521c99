import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { fileNames } from "../src/ExpressionNames.ts"
import { makeRenderer } from "../src/expression/Expression.ts"
import { type OutsideSources, outsideValues } from "../src/OutsideValues.ts"
import { parseTaskFile } from "../src/TaskFileReader.ts"

const FLOW = `id: f
namespace: n
labels: { team: blue, version: 1.50 }
variables: { ratio: 2.0, host: own, deep: { a: 1.0, b: x } }
tasks:
  - { id: t, type: io.kestra.plugin.scripts.shell.Commands, commands: ["true"] }
`

const given = (sources: Partial<OutsideSources>) =>
  Effect.gen(function* () {
    const file = yield* Effect.fromResult(parseTaskFile(FLOW, { fileName: "flow.yaml", directory: "/" }))
    return { file, values: outsideValues(file, { env: {}, files: [], assignments: [], ...sources }) }
  })

describe("an expression has the value from", () => {
  const vars = (text: string) => ({ files: [{ name: "vars.yaml", text }] })
  const rows: ReadonlyArray<
    readonly [name: string, sources: Partial<OutsideSources>, expression: string, value: string]
  > = [
    ["a variable ENV_NAME, in lower case", { env: { ENV_STAGE: "prod" } }, "{{ envs.stage }}", "prod"],
    ["a variable KV_NAME, as it is written", { env: { KV_Key: "v" } }, "{{ kv('Key') }}", "v"],
    ["a file", vars("trigger: { date: 2026-01-31 }"), "{{ trigger.date }}", "2026-01-31"],
    ["a file of JSON", vars('{"globals":{"n":[1,2.0]}}'), "{{ globals.n }}", "[1,2.0]"],
    ["a file, a decimal in its key-value store", vars("kv: { n: 2.0 }"), "{{ kv('n') }}", "2.0"],
    [
      "an assignment before one from a file",
      { ...vars("kv: { a: 1 }"), assignments: [["kv.a", "2"]] },
      "{{ kv('a') }}",
      "2"
    ],
    ["a file before one from the environment", { ...vars("envs: { a: 1 }"), env: { ENV_A: "2" } }, "{{ envs.a }}", "1"],
    [
      "the last of two assignments",
      {
        assignments: [
          ["trigger.a.b", "1"],
          ["trigger.a.b", "2"]
        ]
      },
      "{{ trigger.a.b }}",
      "2"
    ],
    ["an assignment without a point, a variable", { assignments: [["host", "h=1"]] }, "{{ vars.host }}", "h=1"],
    ["an assignment whose key in the store has points", { assignments: [["kv.a.b", "x"]] }, "{{ kv('a.b') }}", "x"],
    [
      "the file's own variables beside others",
      vars("vars: { deep: { b: y } }"),
      "{{ vars.ratio }} {{ vars.deep }}",
      '2.0 {"a":1.0,"b":"y"}'
    ],
    ["the file's own labels, as texts", {}, "{{ labels.team }} {{ labels.version }}", "blue 1.50"],
    [
      "labels beside the file's own",
      { assignments: [["labels.run", "1"]] },
      "{{ labels }}",
      '{"team":"blue","version":"1.50","run":"1"}'
    ]
  ]
  for (const [name, sources, expression, value] of rows)
    it.effect(name, () =>
      Effect.gen(function* () {
        const { file, values } = yield* given(sources)
        const names = fileNames(file, {}, { secret: () => undefined, values: yield* Effect.fromResult(values) })
        assert.deepStrictEqual(yield* (yield* makeRenderer(names))(expression), Result.succeed(value))
      })
    )
})

describe("a value from outside is refused", () => {
  const rows: ReadonlyArray<readonly [name: string, sources: Partial<OutsideSources>, message: string]> = [
    [
      "without a name",
      { assignments: [["", "hush"]] },
      "flow.yaml:1:1: --var: expected NAME=VALUE; what is given has no name before a '='"
    ],
    [
      "with a misspelt name",
      { assignments: [["triger.a", "hush"]] },
      "flow.yaml:1:1: --var: 'triger' cannot be given; did you mean 'trigger'?"
    ],
    [
      "for an input",
      { assignments: [["inputs.a", "hush"]] },
      "flow.yaml:1:1: --var: values of inputs are given by --input"
    ],
    [
      "with an empty part",
      { assignments: [["trigger..a", "hush"]] },
      "flow.yaml:1:1: --var: the name 'trigger..a' has an empty part"
    ],
    [
      "at its place in a file",
      { files: [{ name: "v.yaml", text: "kv: {}\ntasks: hush" }] },
      "v.yaml:2:1: 'tasks' cannot be given; known are trigger, envs, globals, kv, labels, vars, kestra, schedule"
    ],
    ["that is no map", { files: [{ name: "v.yaml", text: "kv: hush" }] }, "v.yaml:1:5: kv: expected keys and values"],
    [
      "in a file that has none",
      { files: [{ name: "v.yaml", text: "[hush]" }] },
      "v.yaml:1:1: expected names and their values"
    ]
  ]
  for (const [name, sources, message] of rows)
    it.effect(name, () =>
      Effect.gen(function* () {
        const { values } = yield* given(sources)
        assert.isTrue(Result.isFailure(values))
        if (Result.isFailure(values)) assert.strictEqual(values.failure.message, message)
      })
    )
})
