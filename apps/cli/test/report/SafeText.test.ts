import { assert, describe, it } from "@effect/vitest"
import { safeName, safeText } from "../../src/report/SafeText.ts"

describe("safeName", () => {
  for (const [what, name, shown] of [
    ["a plain name", "a b-ü.txt", "a b-ü.txt"],
    ["a newline", "a\npodwright: SUCCESS", "a\\npodwright: SUCCESS"],
    ["an escape sequence", "\u001b[2Ja", "\\x1b[2Ja"],
    ["a C1 control", "\u009b2J", "\\x9b2J"],
    ["a carriage return and a tab", "a\r\tb", "a\\r\\tb"],
    ["a turn of direction", "a\u202etxt.exe", "a\\u202etxt.exe"]
  ] as const)
    it(`shows ${what}`, () => assert.strictEqual(safeName(name), shown))
})

describe("safeText", () => {
  it("leaves newlines, and nothing else that is no text", () =>
    assert.strictEqual(safeText("a\nb\u001b[1m"), "a\nb\\x1b[1m"))
})
