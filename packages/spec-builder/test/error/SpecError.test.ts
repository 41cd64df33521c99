import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { formatPath, SpecError } from "../../src/error/SpecError.ts"
import { failure, task } from "../fixtures.ts"

describe("SpecError", () => {
  const error = failure(task(), { podSpec: { restartPolicy: "Always", volumes: [{ name: "podwright" }] } })
  it("says every issue on a line of its own, with its path", () => {
    const lines = error.message.split("\n")
    assert.lengthOf(lines, 2)
    assert.match(lines[0] ?? "", /^podSpec\.restartPolicy: .*Never.*'Always'/)
    assert.match(lines[1] ?? "", /^podSpec\.volumes\[0\]\.name: /)
  })
  it("goes through JSON and back", () => {
    const encoded = JSON.parse(JSON.stringify(Schema.encodeUnknownSync(SpecError)(error)))
    assert.strictEqual(Schema.decodeUnknownSync(SpecError)(encoded).message, error.message)
  })
  it("writes paths as people do", () => {
    assert.strictEqual(formatPath(["a", 0, "b", "c"]), "a[0].b.c")
  })
})
