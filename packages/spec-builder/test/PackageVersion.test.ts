import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { PACKAGE_VERSION, versionMatches } from "../src/PackageVersion.ts"

const rows: ReadonlyArray<readonly [asked: string, version: string, matches: boolean]> = [
  ["1", "1.2.3", true],
  ["1.2", "1.2.3", true],
  ["1.2.3", "1.2.3", true],
  ["2", "1.2.3", false],
  ["1.3", "1.2.3", false],
  ["1.2.4", "1.2.3", false],
  ["1", "11.2.3", false],
  ["1.2", "1.20.3", false],
  ["1.2", "1.2.3-rc.1", true],
  ["1.2.3", "1.2.3-rc.1", false],
  ["1.2.3-rc.1", "1.2.3-rc.1", true],
  ["1.2.3-rc.1", "1.2.3", false],
  ["1.2.3-rc.1", "1.2.3-rc.1+build.5", true],
  ["0", "0.0.0", true],
  ["v1", "1.2.3", false],
  ["1.2.3.4", "1.2.3", false],
  ["", "1.2.3", false],
  ["latest", "1.2.3", false]
]

describe("versionMatches", () => {
  for (const [asked, version, matches] of rows) {
    it(`${matches ? "takes" : "refuses"} '${asked}' for ${version}`, () => {
      assert.strictEqual(versionMatches(asked, version), matches)
    })
  }
})

describe("PACKAGE_VERSION", () => {
  it("is the version in package.json", () => {
    const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    assert.strictEqual(PACKAGE_VERSION, manifest.version)
    assert.isTrue(versionMatches(PACKAGE_VERSION, PACKAGE_VERSION))
  })
})
