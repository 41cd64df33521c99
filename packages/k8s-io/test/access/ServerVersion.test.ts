/** Versions as servers write them, and what they mean. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { readServerVersion, versionVerdict } from "../../src/access/ServerVersion.ts"

describe("readServerVersion", () => {
  it.each([
    [
      { major: "1", minor: "35", gitVersion: "v1.35.4", platform: "linux/amd64" },
      { major: 1, minor: 35, gitVersion: "v1.35.4" }
    ],
    [
      { major: "1", minor: "33+", gitVersion: "v1.33.5-eks-1" },
      { major: 1, minor: 33, gitVersion: "v1.33.5-eks-1" }
    ],
    [{ major: "", minor: "", gitVersion: "v0.0.0-master" }, undefined],
    [{ kind: "Status" }, undefined],
    ["v1.35", undefined]
  ])("%o", (answer, expected) => {
    assert.deepStrictEqual(Option.getOrUndefined(readServerVersion(answer)), expected)
  })
})

describe("versionVerdict", () => {
  it.each([
    [0, 35, "TooOld"],
    [1, 26, "TooOld"],
    [1, 27, "Supported"],
    [1, 35, "Supported"],
    [1, 36, "Untested"],
    [2, 0, "Untested"]
  ] as const)("%i.%i is %s", (major, minor, expected) => {
    assert.strictEqual(versionVerdict({ major, minor, gitVersion: "" }), expected)
  })
})
