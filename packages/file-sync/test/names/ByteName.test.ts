/** Names of bytes as text, and back: no two names are one text. */
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { byteName, nameBytes, namePrintf, outputPath, outputUrl } from "../../src/names/ByteName.ts"

const latin1 = (text: string) => Buffer.from(text, "latin1")

describe("byteName", () => {
  const cases: ReadonlyArray<readonly [string, Buffer, string]> = [
    ["ASCII", latin1("a b/-c"), "a b/-c"],
    ["UTF-8", Buffer.from("café 日本 😀"), "café 日本 😀"],
    ["a byte that is not UTF-8", latin1("caf\xe9.txt"), "caf\\xe9.txt"],
    ["the byte beside it", latin1("caf\xe8.txt"), "caf\\xe8.txt"],
    ["the text of such a byte", Buffer.from("caf\\xe9.txt"), "caf\\x5cxe9.txt"],
    ["the text of that text", Buffer.from("\\x5cxe9"), "\\x5cx5cxe9"],
    ["other backslashes", Buffer.from("%s\\n \\xg0 \\XE9 \\"), "%s\\n \\xg0 \\XE9 \\"],
    ["a backslash before such a byte", latin1("\\\xe9"), "\\\\xe9"],
    ["half a character", Buffer.from("日本").subarray(0, 4), "日\\xe6"],
    ["a character beside such a byte", Buffer.concat([Buffer.from("é"), latin1("\xff"), Buffer.from("é")]), "é\\xffé"],
    ["a surrogate, which UTF-8 has not", latin1("\xed\xb3\xa9"), "\\xed\\xb3\\xa9"],
    ["an overlong slash", latin1("\xc0\xaf"), "\\xc0\\xaf"],
    ["a byte order mark", Buffer.from("\ufeffa"), "\ufeffa"],
    ["U+FFFD itself", Buffer.from("\ufffd"), "\ufffd"],
    ["controls", latin1("a\nb\x1b"), "a\nb\x1b"]
  ]
  for (const [what, bytes, name] of cases) {
    it(`shows ${what}, and gives it back`, () => {
      assert.strictEqual(byteName(bytes), name)
      assert.isTrue(nameBytes(name).equals(bytes), `${name} is ${nameBytes(name).toString("hex")}`)
      assert.strictEqual(Buffer.from(outputPath(name)).toString("hex"), bytes.toString("hex"))
    })
  }

  it("is one name for one text, whatever the bytes", () => {
    const seen = new Map<string, string>()
    const alphabet = [0x5c, 0x78, 0x65, 0x39, 0x35, 0x63, 0xe9, 0xc3, 0xa9]
    for (let round = 0; round < alphabet.length ** 5; round++) {
      const bytes = Buffer.alloc(5)
      for (let at = 0, rest = round; at < 5; at++, rest = Math.floor(rest / alphabet.length))
        bytes[at] = alphabet[rest % alphabet.length] ?? 0
      const name = byteName(bytes)
      assert.isTrue(nameBytes(name).equals(bytes), bytes.toString("hex"))
      assert.isUndefined(seen.get(name), bytes.toString("hex"))
      seen.set(name, bytes.toString("hex"))
    }
  })
})

describe("namePrintf", () => {
  it("is a format of ASCII that prints the bytes", () => assert.strictEqual(namePrintf("%\\xe9"), "\\045\\351"))
})

describe("outputUrl", () => {
  for (const [path, url] of [
    ["/a/b c?#.txt", "file:///a/b%20c%3F%23.txt"],
    ["/a/café", "file:///a/caf%C3%A9"],
    ["/a/caf\\xe9 %", "file:///a/caf%E9%20%25"],
    ["/a/\\x5cxe9", "file:///a/%5Cxe9"]
  ] as const)
    it(path, () => assert.strictEqual(outputUrl(path), url))

  it("takes a relative path from the working directory", () =>
    assert.strictEqual(outputUrl("a\\xe9"), `${pathToFileURL("./").href}a%E9`))
})
