import { assert, describe, it } from "@effect/vitest"
import type { InputFile } from "@podwright/spec-builder"
import { Result } from "effect"
import { type InputFileValue, inputFile } from "../src/InputFileValue.ts"

const SUM = "0123456789abcdef".repeat(4)

describe("inputFile", () => {
  const good: ReadonlyArray<readonly [InputFileValue, Omit<InputFile, "name">]> = [
    ["text", { source: { _tag: "Text", text: "text" } }],
    ["https://x/y", { source: { _tag: "Url", url: "https://x/y" } }],
    [{ text: "https://x" }, { source: { _tag: "Text", text: "https://x" } }],
    [{ path: "-" }, { source: { _tag: "Stdin" } }],
    [
      { path: "a", mode: "0600" },
      { source: { _tag: "Path", path: "/here/a" }, mode: 0o600 }
    ],
    [
      { path: "/a", mode: "755" },
      { source: { _tag: "Path", path: "/a" }, mode: 0o755 }
    ],
    [
      { text: "x", mode: "0400" },
      { source: { _tag: "Text", text: "x" }, mode: 0o400 }
    ],
    [{ url: "http://x", sha256: SUM.toUpperCase() }, { source: { _tag: "Url", url: "http://x", sha256: SUM } }]
  ]
  for (const [value, expected] of good)
    it(JSON.stringify(value), () =>
      assert.deepStrictEqual(inputFile("n", value, "/here"), Result.succeed({ name: "n", ...expected }))
    )

  const MODE = `expected three octal digits that let the owner read the file, such as "0600", not `
  const bad: ReadonlyArray<readonly [InputFileValue, ReadonlyArray<[string, string]>]> = [
    [{ path: "" }, [["path", "the path is empty"]]],
    [{ path: "a", mode: 600 }, [["mode", 'expected a text, such as "0600"; put the digits in quotes']]],
    [{ path: "a", mode: "0200" }, [["mode", `${MODE}'0200'`]]],
    [{ path: "a", mode: "u+x" }, [["mode", `${MODE}'u+x'`]]],
    [{ path: "a", mode: "4755" }, [["mode", `${MODE}'4755'`]]],
    [
      { url: "https://x", mode: "", sha256: "abc" },
      [
        ["mode", `${MODE}''`],
        ["sha256", "expected 64 hexadecimal digits"]
      ]
    ],
    [{ url: "file:///x", sha256: SUM }, [["sha256", "it is checked for http: and https: URLs only"]]]
  ]
  for (const [value, expected] of bad)
    it(`refuses ${JSON.stringify(value)}`, () => {
      const problems = Result.getOrThrow(Result.flip(inputFile("n", value, "/here")))
      assert.deepStrictEqual(
        problems.map(({ key, message }) => [key, message]),
        [...expected]
      )
    })
})
