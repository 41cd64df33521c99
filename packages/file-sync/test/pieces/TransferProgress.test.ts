import { assert, describe, it } from "@effect/vitest"
import { ProgressMeter } from "../../src/pieces/TransferProgress.ts"

describe("ProgressMeter", () => {
  it("tells bytes, files, totals and rate, no more than twice a second", () => {
    const meter = new ProgressMeter("inputs", 1000, { bytes: 3000, files: 9 })
    const told = [1100, 1499, 1500, 1600, 1999, 2000, 5000].map((now) => {
      meter.file()
      return meter.advance(100, now)
    })
    const progress = { _tag: "Progress", direction: "inputs", totalBytes: 3000, totalFiles: 9 }
    assert.deepStrictEqual(told, [
      undefined,
      undefined,
      { ...progress, bytes: 300, files: 3, bytesPerSecond: 600 },
      undefined,
      undefined,
      { ...progress, bytes: 600, files: 6, bytesPerSecond: 600 },
      { ...progress, bytes: 700, files: 7, bytesPerSecond: 175 }
    ] as never)
  })

  it("tells no totals that are not known", () => {
    assert.deepStrictEqual(new ProgressMeter("outputs", 0).advance(10, 1000), {
      ...{ _tag: "Progress", direction: "outputs", bytes: 10, files: 0, bytesPerSecond: 10 }
    })
  })
})
