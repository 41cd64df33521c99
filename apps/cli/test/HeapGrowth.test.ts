import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"

/** What the young generation of a new process has taken when two million objects have survived. */
const youngBytes = (before: string): number => {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8"
    import { boundHeapGrowth } from "${join(import.meta.dirname, "../src/HeapGrowth.ts")}"
    ${before}
    const kept = []
    for (let index = 0; index < 2_000_000; index++) kept.push({ index })
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")
    console.log(kept.length > 0 ? young.space_size : 0)`
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script]))
}

it("keeps the young generation as it is, in a process that runs", () => {
  assert.isAbove(youngBytes(""), 4 * youngBytes("boundHeapGrowth()"))
})
