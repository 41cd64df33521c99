import { assert, describe, it } from "@effect/vitest"
import { SecretMask } from "../src/SecretMask.ts"

const masked = (text: string, ...values: ReadonlyArray<string>): string => {
  const mask = new SecretMask()
  for (const value of values) mask.add(value)
  return mask.apply(text)
}

const KEY = "-----BEGIN KEY-----\nMIIabc\nMIIdef\n"

describe("a secret is hidden", () => {
  const rows: ReadonlyArray<readonly [name: string, secret: string, text: string, shown: string]> = [
    ["wherever it stands", "hush", "hush, a hushed hush", "***, a ***ed ***"],
    ["with letters that patterns use", "a.b*[c]$&", "is a.b*[c]$& not axb", "is *** not axb"],
    ["in JSON", 'a"b\\c', JSON.stringify({ x: 'a"b\\c' }), '{"x":"***"}'],
    ["in single quotes of YAML", "it's", "x: 'it''s'", "x: '***'"],
    ["in single quotes of a shell", "it's", "echo 'it'\\''s'", "echo '***'"],
    ["in a URL", "a b&c", "https://u:a%20b%26c@host", "https://u:***@host"],
    ["in base64", "password", "cGFzc3dvcmQ=", "***="],
    ["line by line", KEY, "> MIIabc\n> MIIdef", "> ***\n> ***"],
    ["as one field of its JSON", '{"user":"me","pass":"hush-hush"}', "pass is hush-hush", "pass is ***"],
    ["though white space around it is gone", " hush \n", "(hush)", "(***)"]
  ]
  for (const [name, secret, text, shown] of rows) it(name, () => assert.strictEqual(masked(text, secret), shown))

  it("before a shorter one that it begins with", () =>
    assert.strictEqual(masked("abcdef abc", "abc", "abcdef"), "*** ***"))
  it("unless it is too short to be told from other words", () =>
    assert.strictEqual(masked("a 1 ab", "a", "1", ""), "a 1 ab"))
})
