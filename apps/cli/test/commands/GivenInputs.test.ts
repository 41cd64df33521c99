import { assert, describe, it } from "@effect/vitest"
import { parseTaskFile } from "@podwright/task-file"
import { Result } from "effect"
import { givenInputs } from "../../src/commands/GivenInputs.ts"

const file = Result.getOrThrow(
  parseTaskFile("image: i\ncommands: [c]\ninputs: [{ id: a, type: STRING }]\n", { fileName: "t.yaml", directory: "/" })
)

describe("givenInputs", () => {
  it("has each value by its name, an empty one too", () => {
    assert.deepStrictEqual(
      Result.getOrThrow(
        givenInputs(file, [
          ["a", "1"],
          ["b", ""]
        ])
      ),
      { a: "1", b: "" }
    )
  })

  it("refuses what has no name, without its value", () => {
    const refused = givenInputs(file, [["", "secret"]])
    const message = Result.isFailure(refused) ? refused.failure.message : ""
    assert.strictEqual(message, "t.yaml:3:9: --input: expected NAME=VALUE; what is given has no name before a '='")
  })

  it("refuses a name that is given twice, without its values", () => {
    const refused = givenInputs(file, [
      ["a", "secret"],
      ["b", "2"],
      ["a", "other"]
    ])
    const message = Result.isFailure(refused) ? refused.failure.message : ""
    assert.strictEqual(message, "t.yaml:3:9: input 'a' is given twice; give it once")
  })
})
