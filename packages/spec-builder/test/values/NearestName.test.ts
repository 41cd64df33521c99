import { assert, describe, it } from "@effect/vitest"
import { nearestName } from "../../src/values/NearestName.ts"

describe("nearestName", () => {
  const known = ["containerSpec", "podSpec", "labels", "delete"]
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["containerspec", "containerSpec"],
    ["contanerSpec", "containerSpec"],
    ["label", "labels"],
    ["podspecs", "podSpec"],
    ["color", undefined],
    ["", undefined]
  ]
  for (const [name, nearest] of cases) {
    it(`'${name}' means ${nearest}`, () => {
      assert.strictEqual(nearestName(name, known), nearest)
    })
  }
})
