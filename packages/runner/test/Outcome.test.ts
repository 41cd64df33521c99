import { assert, describe, it } from "@effect/vitest"
import { type Decision, decideOutcome, type Outcome, outcomeWithoutKubelet } from "../src/Outcome.ts"
import type { PodObservation } from "../src/PodObservation.ts"
import { ended, observation } from "./support/observation.ts"

const text = (outcome: Outcome | Decision): string => {
  switch (outcome._tag) {
    case "Failed":
      return `Failed ${outcome.exitCode} ${outcome.diagnosis.cause._tag}`
    case "Lost":
      return `Lost ${outcome.diagnosis.cause._tag}`
    case "Succeeded":
      return outcome.warning === undefined ? "Succeeded" : "Succeeded with a warning"
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
      "Succeeded with a warning"
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
      "R2 the kubelet alone saw it end well, though a child was killed for memory",
      undefined,
      observation({ main: ended(0, "OOMKilled") }),
      "Succeeded with a warning"
    ],
    [
      "R3 ended by a signal while its pod was taken away",
      143,
      observation({ terminating: true, disruption: "EvictionByEvictionAPI", main: ended(143, "Error") }),
      "Lost Evicted"
    ],
    [
      "R3 ended by a signal while its pod was being deleted",
      143,
      observation({ terminating: true, main: ended(143, "Error") }),
      "Lost Deleted"
    ],
    ["R3 ended by a signal, nobody knows whose", 143, observation({ main: ended(143, "Error") }), "Failed 143 Killed"],
    [
      "R5 a pod that is to be taken away still runs",
      undefined,
      observation({ terminating: true, disruption: "EvictionByEvictionAPI" }),
      "Ask"
    ],
    [
      "R5 a program that ends with 0 when it is told to go may not be done",
      undefined,
      observation({ terminating: true, disruption: "EvictionByEvictionAPI", main: ended(0, "Completed") }),
      "Lost Evicted"
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
    const taken = observation({ terminating: true, disruption: "EvictionByEvictionAPI" })
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: 143 }, taken)), "Lost Evicted")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: 0 }, observation())), "Succeeded")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: undefined }, observation())), "Lost Unknown")
    assert.strictEqual(text(outcomeWithoutKubelet({ exitCode: undefined }, undefined)), "Lost Unknown")
  })
})
