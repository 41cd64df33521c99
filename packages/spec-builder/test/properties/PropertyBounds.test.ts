import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { propertyDecoder } from "../../src/properties/PropertyDecoding.ts"

const decode = propertyDecoder(
  Schema.Struct({ files: Schema.Record(Schema.String, Schema.Struct({ path: Schema.optionalKey(Schema.String) })) }),
  {
    source: "task",
    known: () => ["path"]
  }
)
const issuesOf = (input: unknown) =>
  Result.match(decode(input), { onFailure: (issues) => [...issues], onSuccess: () => [] })

describe("propertyDecoder", () => {
  for (const [what, bytes] of [
    ["a Buffer", Buffer.alloc(20_000)],
    ["a Uint8Array", new Uint8Array(20_000)],
    ["an ArrayBuffer", new ArrayBuffer(20_000)]
  ] as const)
    it(`refuses ${what} in one line`, () => {
      const issues = issuesOf({ files: { "a.bin": bytes } })
      assert.strictEqual(issues.length, 1)
      assert.deepStrictEqual(issues[0]?.path, ["files", "a.bin"])
      assert.match(issues[0]?.message ?? "", /not bytes \(20000 of them\)/)
    })

  it("shows some of very many problems, and counts the rest", () => {
    const issues = issuesOf({
      files: { a: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [index, 1])) }
    })
    assert.strictEqual(issues.length, 51)
    assert.strictEqual(issues.at(-1)?.message, "4950 more problems are not shown")
  })

  it("bears a value that contains itself", () => {
    const own: Record<string, unknown> = {}
    own["files"] = { a: own }
    assert.isAbove(issuesOf(own).length, 0)
  })
})
