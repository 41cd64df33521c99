import { assert, describe, it } from "@effect/vitest"
import type { Json } from "@podwright/spec-builder"
import { declareInput, type InputFields, type InputType } from "../../src/inputs/InputDeclaration.ts"
import { limitProblems } from "../../src/inputs/InputLimits.ts"

/** The keys of an input, a value of it, and what is wrong with it. */
const cases: ReadonlyArray<readonly [type: InputType, keys: Partial<InputFields>, value: Json, problem?: RegExp]> = [
  ["INT", { min: 1, max: 3 }, 3],
  ["INT", { min: 1, max: 3 }, 4, /^expected at most 3$/],
  ["INT", { min: "1" }, 0, /^expected at least 1$/],
  ["INT", { max: 9007199254740992n }, 9007199254740993n, /at most 9007199254740992$/],
  ["INT", { min: "x" }, 0, /^min: expected a value of type INT, not 'x'$/],
  ["FLOAT", { min: 0.5 }, 0.4, /at least 0.5/],
  ["FLOAT", { min: 0.5 }, 0.5],
  ["DURATION", { max: "PT1H" }, "90m", /at most PT1H/],
  ["DURATION", { min: "1m" }, "PT60S"],
  ["DATE", { after: "2026-01-01" }, "2025-12-31", /no earlier than 2026-01-01/],
  ["DATE", { after: "2026-01-01", before: "2026-12-31" }, "2026-01-01"],
  ["DATETIME", { before: "2026-01-01T00:00:00Z" }, "2026-01-01T00:30:00+01:00"],
  ["DATETIME", { before: "2026-01-01T00:00:00Z" }, "2026-01-01T00:30:00Z", /no later than/],
  ["TIME", { after: "08:00", before: "17:30" }, "17:30:01", /no later than 17:30/],
  ["TIME", { after: "08:00" }, "08:00:00"],
  ["STRING", { validator: "[a-z]+" }, "abc"],
  ["STRING", { validator: "[a-z]+" }, "abc1", /^expected a text that '\[a-z\]\+' matches$/],
  ["STRING", { validator: "(?i)[a-z]+" }, "ABC"],
  ["STRING", { validator: "a|b" }, "ab", /matches/],
  ["STRING", { validator: "(" }, "a", /^validator: expected a regular expression/],
  ["SECRET", { validator: "x" }, "y", /matches/],
  ["SELECT", { values: ["a", "b"] }, "b"],
  ["SELECT", { values: ["a", "b"] }, "c", /^expected one of a, b$/],
  ["ENUM", { options: ["a"] }, "c", /one of a$/],
  ["SELECT", { values: ["a"], allowCustomValue: true }, "c"],
  ["SELECT", {}, "c", /needs values/],
  ["SELECT", { values: Array.from({ length: 30 }, (_, index) => `v${index}`) }, "c", /v19 and 10 more$/],
  ["MULTISELECT", { values: ["a", "b"] }, ["a"]],
  ["MULTISELECT", { values: ["a", "b"] }, ["a", "c"], /some of a, b/],
  ["FILE", { accept: ".csv, .TSV" }, "file:///x/a.tsv"],
  ["FILE", { accept: ".csv" }, "https://h/a.json?x=.csv", /whose name ends in .csv/],
  ["FILE", { accept: "text/csv" }, "file:///a.json"],
  ["FILE", { allowedFileExtensions: [".csv"] }, "file:///a.json", /ends in .csv/]
]

describe("limitProblems", () => {
  for (const [type, keys, value, problem] of cases)
    it(`${type} ${String(value)} with ${Object.entries(keys).map(([key, limit]) => `${key} ${String(limit).slice(0, 30)}`)}`, () => {
      const input = declareInput({ id: "a", type, ...keys }, [])
      const found = limitProblems(input, value, input.limits.values).map(({ message }) => message)
      assert.strictEqual(found.length, problem === undefined ? 0 : 1, found.join("\n"))
      if (problem !== undefined) assert.match(found[0] ?? "", problem)
    })
})
