import { assert, describe, it } from "@effect/vitest"
import { type CpuProfile, selfTimes } from "../src/CpuProfile.ts"

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber })

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(idle)", "", -1) },
    { id: 2, callFrame: frame("push", "file:///r/packages/file-sync/src/LogLines.ts", 68) },
    { id: 3, callFrame: frame("", "file:///r/node_modules/.pnpm/ws@8/node_modules/ws/lib/receiver.js", 9) },
    // The same function, called from elsewhere.
    { id: 4, callFrame: frame("push", "file:///r/packages/file-sync/src/LogLines.ts", 68) }
  ],
  samples: [1, 2, 3, 4, 1],
  timeDeltas: [9000, 1000, 1000, 2000, 500]
}

describe("selfTimes", () => {
  it("sums what was spent in each function itself, over its callers and all profiles, idle time aside", () => {
    assert.deepStrictEqual(selfTimes([profile, profile]), [
      { name: "push packages/file-sync/src/LogLines.ts:69", milliseconds: 6, share: 0.75 },
      { name: "(anonymous) ws/lib/receiver.js:10", milliseconds: 2, share: 0.25 }
    ])
  })
})
