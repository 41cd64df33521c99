import { assert, describe, it } from "@effect/vitest"
import { doubled, spread } from "../../src/run/Backoff.ts"

describe("doubled", () => {
  it("doubles from the first delay up to the longest", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 5, 10].map((tries) => doubled(200, 5000, tries)),
      [200, 400, 800, 5000, 5000]
    )
  })
})

describe("spread", () => {
  it("keeps within a fifth of the delay, which is in the middle", () => {
    assert.deepStrictEqual(
      [0, 0.5, 1].map((random) => Math.round(spread(200, random))),
      [160, 200, 240]
    )
  })
})
