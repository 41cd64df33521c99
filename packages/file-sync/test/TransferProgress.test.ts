import { assert, describe, it } from "@effect/vitest"
import { ProgressMeter } from "../src/TransferProgress.ts"

describe("ProgressMeter", () => {
  it("tells bytes, total and rate, no more than twice a second", () => {
    const meter = new ProgressMeter("outputs", 1000)
    meter.announce(3000)
    const told = [1100, 1499, 1500, 1600, 1999, 2000, 5000].map((now) => meter.advance(100, now))
    const progress = { _tag: "Progress", direction: "outputs", totalBytes: 3000 }
    assert.deepStrictEqual(told, [
      undefined,
      undefined,
      { ...progress, bytes: 300, bytesPerSecond: 600 },
      undefined,
      undefined,
      { ...progress, bytes: 600, bytesPerSecond: 600 },
      { ...progress, bytes: 700, bytesPerSecond: 175 }
    ])
  })

  it("adds up what is announced in parts", () => {
    const meter = new ProgressMeter("inputs", 0)
    meter.announce(10)
    meter.announce(20)
    assert.strictEqual(meter.advance(10, 1000)?.totalBytes, 30)
  })
})
