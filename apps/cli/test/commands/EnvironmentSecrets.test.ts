import { assert, describe, it } from "@effect/vitest"
import { environmentSecrets } from "../../src/commands/EnvironmentSecrets.ts"

const ENV = {
  SECRET_TOK: "aHVzaA==",
  secret_low: "aHVzaA",
  SECRET_EMPTY: "",
  SECRET_TEXT: "plain text",
  SECRET_WORD: "password",
  SECRET_LINES: "aHVz\naA=="
}

describe("secret()", () => {
  const rows: ReadonlyArray<readonly [name: string, key: string, value: string | undefined]> = [
    ["decodes base64", "TOK", "hush"],
    ["finds a key in any case", "tok", "hush"],
    ["finds a variable in any case, without padding", "LOW", "hush"],
    ["gives an empty one as an empty text", "EMPTY", ""],
    ["has none that is not set", "NONE", undefined]
  ]
  for (const [name, key, value] of rows)
    it(name, () => assert.strictEqual(environmentSecrets(ENV, false, () => undefined)(key), value))

  for (const key of ["TEXT", "WORD", "LINES"])
    it(`refuses ${key}, which is no base64 of a text, and says what to do without its value`, () => {
      const found = environmentSecrets(ENV, false, () => undefined)(key)
      const problem = typeof found === "object" ? found.problem : ""
      assert.include(problem, `the environment variable SECRET_${key} is`)
      assert.include(problem, "--plain-secrets")
      assert.notMatch(problem, /plain text|password|aHVz/)
    })

  it("gives texts as they are where that is asked for, and reports each", () => {
    const found: Array<string> = []
    const secret = environmentSecrets(ENV, true, (value) => found.push(value))
    assert.deepStrictEqual([secret("TEXT"), secret("TOK"), secret("NONE")], ["plain text", "aHVzaA==", undefined])
    assert.deepStrictEqual(found, ["plain text", "aHVzaA=="])
  })
})
