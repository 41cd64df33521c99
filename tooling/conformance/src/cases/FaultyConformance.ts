/**
 * The whole suite under faults: every case must hold whatever the proxy does to its connections.
 * Cases run side by side, since most of the time that faults add to a run is spent waiting for
 * connections to be retried.
 */
import { assert, describe, it } from "@effect/vitest"
import { faultName } from "@podwright/fault-proxy"
import { aroundEach } from "vitest"
import type { FaultyCluster } from "../clusters/Faults.ts"
import { ownScratch } from "../clusters/Podwright.ts"
import { conformance } from "./Conformance.ts"

/**
 * Fewer would mean that the suite went another way: a run makes a dozen requests, of which a fifth
 * is spoiled.
 */
const FEWEST_FAULTS = 100

/** How often each fault befell each verb. */
const faultTable = ({ proxy }: FaultyCluster): string => {
  const fired = proxy.fired()
  const counts = new Map<string, number>()
  for (const { call, fault } of fired) {
    const name = `${call.verb}: ${faultName(fault)}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const lines = [...counts].sort().map(([name, count]) => `${String(count).padStart(5)} ${name}`)
  return `${fired.length} faults in ${proxy.requests()} requests\n${lines.join("\n")}`
}

export const faultyConformance = (faulty: FaultyCluster): void => {
  describe.concurrent("under faults", () => {
    aroundEach(ownScratch)
    conformance(faulty.cluster)
  })

  it("faults were many", () => {
    console.log(faultTable(faulty))
    assert.isAbove(faulty.proxy.fired().length, FEWEST_FAULTS)
  })
}
