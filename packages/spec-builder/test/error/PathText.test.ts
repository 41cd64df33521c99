import { assert, describe, it } from "@effect/vitest"
import { pathProblem, shownValue } from "../../src/error/PathText.ts"

const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"

describe("pathProblem", () => {
  for (const path of [
    "",
    "a.txt",
    "/home/a b/.kube/config",
    "./eyes.yaml",
    "file:///tmp/in.txt",
    "certs/tls.key",
    "data/{a,b}.csv",
    "/tmp/0d6be69b264717f2dd33652e212b173104b4a647b7c11ae72e9885f11cd312fb",
    "MyReport2026-with-a-very-long-name-of-the-quarter.xlsx"
  ])
    it(`takes '${path}' for a path`, () => assert.isUndefined(pathProblem(path)))

  for (const [what, text] of [
    ["several lines", "a: b\nc: d"],
    ["JSON", '{"a":1}'],
    ["a key", "-----BEGIN PRIVATE KEY-----MIIE"],
    ["base64 of a certificate in a folder", `/etc/${Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64")}`],
    ["a token", token],
    ["a token in a folder", `/etc/${token}`],
    ["a token without dots", "xoQ7Rr0cGmTnB4wYkP2LsD9fVhJ6uEaZ1iXt8KqN5b"],
    ["a text longer than any path", "a".repeat(5000)]
  ] as const)
    it(`refuses ${what} without repeating it`, () => {
      const problem = pathProblem(text) ?? ""
      assert.match(problem, /^expected the path of a file, not its content/)
      assert.notInclude(problem, text.slice(0, 4))
    })
})

describe("shownValue", () => {
  for (const [what, value, shown] of [
    ["an ordinary value as it is", "5 mins", "5 mins"],
    ["a turn of direction escaped", "a\u202eb", "a\\u202eb"],
    ["the beginning of a long value, with its length", "a ".repeat(300), `${"a ".repeat(100)}… (600 characters)`],
    ["of several lines their length alone", "users:\n- token: s3cret", "… (22 characters)"],
    ["of a token its length alone", token, `… (${token.length} characters)`]
  ] as const)
    it(`shows ${what}`, () => assert.strictEqual(shownValue(value), shown))
})
