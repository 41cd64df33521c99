import { assert, describe, it } from "@effect/vitest"
import { escapeText, shownText } from "../../src/error/ShownText.ts"

describe("escapeText", () => {
  for (const [what, name, shown] of [
    ["a plain name", "a b-ü.txt", "a b-ü.txt"],
    ["a newline", "a\npodwright: SUCCESS", "a\\npodwright: SUCCESS"],
    ["an escape sequence", "\u001b[2Ja", "\\x1b[2Ja"],
    ["a C1 control", "\u009b2J", "\\x9b2J"],
    ["a carriage return and a tab", "a\r\tb", "a\\r\\tb"],
    ["a turn of direction", "a\u202etxt.exe", "a\\u202etxt.exe"]
  ] as const)
    it(`shows ${what}`, () => assert.strictEqual(escapeText(name), shown))
})

describe("shownText", () => {
  it("shows the beginning of a long text, and its length", () =>
    assert.strictEqual(shownText("abcdef", 3), "abc… (6 characters)"))

  it("counts what escapes take", () => assert.strictEqual(shownText("\n\n", 3), "\\n\\… (2 characters)"))

  it("leaves a text of the limit's length", () => assert.strictEqual(shownText("abc", 3), "abc"))
})
