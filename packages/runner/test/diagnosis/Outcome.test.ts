/**
 * What a run's outcome is, from the receipts and from what the kubelet reports. Numbers such as R2
 * are rows of the catalogue in packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Decision, decideOutcome, type Outcome, outcomeWithoutKubelet } from "../../src/diagnosis/Outcome.ts"
import type { PodObservation } from "../../src/diagnosis/PodObservation.ts"
import { ended, observation } from "../support/observation.ts"

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

/** The last: how many milliseconds after the command's end its pod was seen to be taken away. */
type Case = readonly [string, number | undefined, PodObservation | undefined, string, takenAfterMs?: number]

const evicted = observation({ phase: "Failed", reason: "Evicted", main: ended(7, "Error") })

describe("decideOutcome", () => {
  const cases: ReadonlyArray<Case> = [
    ["code 0 is success at once", 0, observation(), "Succeeded"],
    [
      "code 0 counts though a child was killed for memory",
      0,
      observation({ main: ended(0, "OOMKilled") }),
      "Succeeded with a warning"
    ],
    ["code 0 counts though the pod is gone", 0, undefined, "Succeeded"],
    ["another code waits for the kubelet to explain it", 3, observation(), "Ask"],
    ["another code is the kubelet's too", 3, observation({ main: ended(3, "Error") }), "Failed 3 CommandFailed"],
    [
      "another code has the kubelet's reason",
      137,
      observation({ main: ended(137, "OOMKilled") }),
      "Failed 137 OutOfMemory"
    ],
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
    [
      "the pod failed without a reason",
      undefined,
      observation({ phase: "Failed", main: { _tag: "Unknown" } }),
      "Lost Unknown"
    ],
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
    ["R4 told to go by its node, it ended by itself", 7, evicted, "Lost Evicted"],
    ["R4 told to go by its node, which reports it only after the end", 7, evicted, "Lost Evicted", 3_000],
    ["R4 what comes long after its end is not the reason of it", 7, evicted, "Failed 7 CommandFailed", 10_001],
    ["R4 a success before the pod was told to go stands", undefined, { ...evicted, main: ended(0) }, "Succeeded", 1],
    [
      "R4 memory is the command's own fault",
      137,
      { ...evicted, main: ended(137, "OOMKilled") },
      "Failed 137 OutOfMemory"
    ],
    [
      "R5 told to go by the API, it ended by itself",
      1,
      observation({ terminating: true, disruption: "EvictionByEvictionAPI", main: ended(1, "Error") }),
      "Lost Evicted",
      -200
    ],
    [
      "R5 told to go for another pod, it ended by itself",
      1,
      observation({ terminating: true, disruption: "PreemptionByScheduler", main: ended(1, "Error") }),
      "Lost Preempted",
      -200
    ],
    [
      "R7 told to go by somebody, it ended by itself",
      7,
      observation({ terminating: true, main: ended(7, "Error") }),
      "Lost Deleted",
      -200
    ],
    [
      "R7 deleted while its outputs are fetched, long after its end",
      7,
      observation({ terminating: true, main: ended(7, "Error") }),
      "Failed 7 CommandFailed",
      60_000
    ],
    [
      "R15 told to go past its deadline, it ended by itself",
      7,
      observation({ phase: "Failed", reason: "DeadlineExceeded", main: ended(7, "Error") }),
      "Lost DeadlineExceeded",
      500
    ]
  ]
  for (const [name, exitCode, pod, expected, takenAfterMs] of cases) {
    it(name, () => {
      assert.strictEqual(text(decideOutcome({ exitCode, takenAfterMs }, pod, "64Mi")), expected)
    })
  }
})

describe("outcomeWithoutKubelet", () => {
  const taken = observation({ terminating: true, disruption: "EvictionByEvictionAPI" })
  const cases: ReadonlyArray<Case> = [
    ["a code in the exit file is a failure", 3, observation(), "Failed 3 CommandFailed"],
    ["a code of 0 in the exit file is a success", 0, observation(), "Succeeded"],
    ["a pod without an exit file is lost for an unknown reason", undefined, observation(), "Lost Unknown"],
    ["no pod and no exit file is lost for an unknown reason", undefined, undefined, "Lost Unknown"],
    ["R5 a signal while the pod is taken away is an eviction", 143, taken, "Lost Evicted"],
    ["R5 an end of its own after the pod was told to go is an eviction", 7, taken, "Lost Evicted", -100],
    ["R5 what comes long after its end is not the reason of it", 7, taken, "Failed 7 CommandFailed", 60_000]
  ]
  for (const [name, exitCode, pod, expected, takenAfterMs] of cases) {
    it(name, () => {
      assert.strictEqual(text(outcomeWithoutKubelet({ exitCode, takenAfterMs }, pod)), expected)
    })
  }
})
