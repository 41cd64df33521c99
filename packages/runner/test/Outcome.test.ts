import { assert, describe, it } from "@effect/vitest"
import { type Decision, decideOutcome, type Outcome, outcomeWithoutKubelet } from "../src/Outcome.ts"
import type { PodObservation } from "../src/PodObservation.ts"
import { ended, observation } from "./support/observation.ts"

const text = (outcome: Outcome | Decision): string => {
  switch (outcome._tag) {
    case "Failed":
      return `Failed ${outcome.exitCode} ${outcome.diagnosis.cause}`
    case "Lost":
      return `Lost ${outcome.diagnosis.cause}`
    default:
      return outcome._tag
  }
}

describe("decideOutcome", () => {
  const cases: ReadonlyArray<readonly [string, number | undefined, PodObservation | undefined, string]> = [
    ["code 0 is success at once", 0, observation(), "Succeeded"],
    [
      "code 0 counts though a child was killed for memory",
      0,
      observation({ main: ended(0, "OOMKilled") }),
      "Succeeded"
    ],
    ["code 0 counts though the pod is gone", 0, undefined, "Succeeded"],
    ["another code waits for the kubelet", 3, observation(), "Ask"],
    ["which confirms it", 3, observation({ main: ended(3, "Error") }), "Failed 3 CommandFailed"],
    ["or knows better why", 137, observation({ main: ended(137, "OOMKilled") }), "Failed 137 OutOfMemory"],
    ["no exit file, main still runs", undefined, observation(), "Ask"],
    [
      "no exit file, killed with its gate",
      undefined,
      observation({ main: ended(137, "OOMKilled") }),
      "Failed 137 OutOfMemory"
    ],
    [
      "no exit file, but the kubelet saw it end well",
      undefined,
      observation({ main: ended(0, "Completed") }),
      "Succeeded"
    ],
    ["no shell in the image", undefined, observation({ main: ended(128, "StartError") }), "Failed 128 StartError"],
    [
      "evicted",
      undefined,
      observation({ phase: "Failed", reason: "Evicted", main: ended(137, "Error") }),
      "Lost Evicted"
    ],
    [
      "evicted without any status",
      undefined,
      observation({ phase: "Failed", reason: "Evicted", main: { _tag: "Unknown" } }),
      "Lost Evicted"
    ],
    ["failed without a word", undefined, observation({ phase: "Failed", main: { _tag: "Unknown" } }), "Lost Unknown"],
    [
      "the node lost track of it",
      undefined,
      observation({ main: ended(137, "ContainerStatusUnknown") }),
      "Lost NodeLost"
    ],
    [
      "an exit file outweighs an eviction",
      3,
      observation({ phase: "Failed", reason: "Evicted", main: ended(3, "Error") }),
      "Failed 3 CommandFailed"
    ]
  ]
  for (const [name, exitCode, pod, expected] of cases) {
    it(name, () => assert.strictEqual(text(decideOutcome({ exitCode }, pod, "64Mi")), expected))
  }
})

describe("outcomeWithoutKubelet", () => {
  it("goes by the exit file, and admits what is not known", () => {
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: 3 }, observation())), "Failed 3 CommandFailed")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: 0 }, observation())), "Succeeded")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: undefined }, observation())), "Lost Unknown")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: undefined }, undefined)), "Lost Unknown")
  })
})
