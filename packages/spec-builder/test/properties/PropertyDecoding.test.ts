import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { SpecIssues } from "../../src/error/SpecIssue.ts"
import { propertyDecoder } from "../../src/properties/PropertyDecoding.ts"

const Shape = Schema.Struct({
  name: Schema.String,
  files: Schema.optionalKey(Schema.Array(Schema.Struct({ path: Schema.String })))
})

const known = (place: ReadonlyArray<string | number>): ReadonlyArray<string> =>
  place.length === 0 ? Object.keys(Shape.fields) : ["path"]

const issuesOf = (decoded: Result.Result<unknown, SpecIssues>) =>
  Result.getOrThrow(Result.flip(decoded)).map(({ kind, message, path, source }) => ({ kind, message, path, source }))

describe("propertyDecoder", () => {
  const decode = propertyDecoder(Shape, { source: "task", known })

  it("gives what the schema gives", () => {
    assert.deepStrictEqual(decode({ name: "a" }), Result.succeed({ name: "a" }))
  })

  it("tells unknown names from values by kind, and suggests names of the same place", () => {
    assert.deepStrictEqual(issuesOf(decode({ name: 1, file: [], files: [{ path: "p", zzzzzz: 1 }] })), [
      {
        kind: "unknown-name",
        message: "unknown property 'file'; did you mean 'files'?",
        path: ["file"],
        source: "task"
      },
      { kind: "value", message: "Expected string", path: ["name"], source: "task" },
      {
        kind: "unknown-name",
        message: "unknown property 'zzzzzz'; known here: path",
        path: ["files", 0, "zzzzzz"],
        source: "task"
      }
    ])
  })

  it("calls names as it is told", () => {
    const [issue] = issuesOf(propertyDecoder(Shape, { source: "task", known, noun: "key" })({ name: "a", nane: "b" }))
    assert.strictEqual(issue?.message, "unknown key 'nane'; did you mean 'name'?")
  })
})

describe("bounds of propertyDecoder", () => {
  const decode = propertyDecoder(
    Schema.Struct({ files: Schema.Record(Schema.String, Schema.Struct({ path: Schema.optionalKey(Schema.String) })) }),
    {
      source: "task",
      known: () => ["path"]
    }
  )
  const problemsOf = (input: unknown) =>
    Result.match(decode(input), { onFailure: (issues) => [...issues], onSuccess: () => [] })

  for (const [what, bytes] of [
    ["a Buffer", Buffer.alloc(20_000)],
    ["a Uint8Array", new Uint8Array(20_000)],
    ["an ArrayBuffer", new ArrayBuffer(20_000)]
  ] as const)
    it(`refuses ${what} in one line`, () => {
      const issues = problemsOf({ files: { "a.bin": bytes } })
      assert.strictEqual(issues.length, 1)
      assert.deepStrictEqual(issues[0]?.path, ["files", "a.bin"])
      assert.match(issues[0]?.message ?? "", /not bytes \(20000 of them\)/)
    })

  it("shows some of very many problems, and counts the rest", () => {
    const issues = problemsOf({
      files: { a: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [index, 1])) }
    })
    assert.strictEqual(issues.length, 51)
    assert.strictEqual(issues.at(-1)?.message, "4950 more problems are not shown")
  })

  it("bears a value that contains itself", () => {
    const own: Record<string, unknown> = {}
    own["files"] = { a: own }
    assert.isAbove(problemsOf(own).length, 0)
  })
})
