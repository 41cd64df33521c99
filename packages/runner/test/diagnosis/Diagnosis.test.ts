/**
 * Each way in which a pod does not end well: what is made of it, with its facts. Numbers such as R4
 * are rows of the catalogue in packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  type Diagnosis,
  deleted,
  diagnoseEnd,
  diagnosePodEnd,
  helperEnded,
  memoryWarning,
  nodeSilent,
  unknownEnd
} from "../../src/diagnosis/Diagnosis.ts"
import type { PodObservation } from "../../src/diagnosis/PodObservation.ts"
import { ended, observation } from "../support/observation.ts"

const named = (found: Diagnosis | undefined) => found && `${found.cause._tag} ${found.kind}`

describe("diagnosePodEnd", () => {
  const failed = (reason: string, message = "") =>
    ({ phase: "Failed", reason, message, main: { _tag: "Unknown" } }) as const
  const cases: ReadonlyArray<readonly [string, Partial<PodObservation>, string | undefined]> = [
    ["a pod that runs", {}, undefined],
    ["P10 OutOfcpu", failed("OutOfcpu"), "NodeRefused transient"],
    ["P10 OutOfmemory", failed("OutOfmemory"), "NodeRefused transient"],
    ["P10 OutOfpods", failed("OutOfpods"), "NodeRefused transient"],
    ["P10 NodeAffinity", failed("NodeAffinity"), "NodeRefused transient"],
    ["P10 UnexpectedAdmissionError", failed("UnexpectedAdmissionError"), "NodeRefused transient"],
    ["P10 NodeShutdown", failed("NodeShutdown"), "NodeLost transient"],
    ["P10 Preempting", failed("Preempting"), "Preempted transient"],
    ["R4 evicted by its node", failed("Evicted", "The node was low on resource: memory."), "Evicted transient"],
    [
      "R4 its node's disk is full",
      failed("Evicted", "The node was low on resource: ephemeral-storage. Container main was using 9Mi, request is 0"),
      "Evicted transient"
    ],
    [
      "R20 its volume's own limit",
      failed("Evicted", 'Usage of EmptyDir volume "podwright" exceeds the limit "10Mi". '),
      "StorageLimit permanent"
    ],
    [
      "R20 its container's own limit",
      failed("Evicted", 'Container main exceeded its local ephemeral storage limit "20Mi". '),
      "StorageLimit permanent"
    ],
    [
      "R20 its containers' limits together",
      failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. "),
      "StorageLimit permanent"
    ],
    ["R5 preempted", { disruption: "PreemptionByScheduler" }, "Preempted transient"],
    ["R5 evicted by the API", { disruption: "EvictionByEvictionAPI" }, "Evicted transient"],
    ["R5 its node's kubelet ends it", { disruption: "TerminationByKubelet" }, "Evicted transient"],
    ["R6 its node is not ready", { disruption: "DeletionByTaintManager" }, "NodeLost transient"],
    ["R6 its node is no more", { disruption: "DeletionByPodGC" }, "NodeLost transient"],
    ["R6 NodeLost", { reason: "NodeLost" }, "NodeLost transient"],
    [
      "R6 the node shuts down",
      failed("Terminated", "Pod was terminated in response to imminent node shutdown."),
      "NodeLost transient"
    ],
    ["R15 past its deadline", failed("DeadlineExceeded"), "DeadlineExceeded permanent"]
  ]
  it.each(cases)("%s", (_name, different, expected) => {
    assert.strictEqual(named(diagnosePodEnd(observation(different))), expected)
  })

  it("tells node, condition and the cluster's words of a loss", () => {
    const found = diagnosePodEnd(
      observation({
        disruption: "DeletionByTaintManager",
        disruptionMessage: "Taint manager: deleting due to NoExecute taint"
      })
    )
    assert.deepStrictEqual(found?.cause, {
      _tag: "NodeLost",
      node: "node1",
      reason: "DeletionByTaintManager",
      said: "Taint manager: deleting due to NoExecute taint"
    })
    assert.include(found?.summary, "node1")
  })

  it("does not say that nothing ran where something did", () => {
    const pod = observation({ phase: "Failed", reason: "Odd", containers: new Map([["main", ended(1)]]) })
    assert.isUndefined(diagnosePodEnd(pod))
  })
})

describe("diagnoseEnd", () => {
  const end = (exitCode: number, reason?: string, message?: string) => ({
    exitCode,
    reason,
    message
  })
  const cases: ReadonlyArray<readonly [string, Parameters<typeof diagnoseEnd>[0], string]> = [
    ["R1 out of memory", end(137, "OOMKilled"), "OutOfMemory permanent"],
    ["R2 a child was killed for memory and the command failed by it", end(1, "OOMKilled"), "OutOfMemory permanent"],
    ["the command failed", end(1, "Error"), "CommandFailed permanent"],
    ["no such command", end(127, "Error"), "CommandFailed permanent"],
    ["no such program", end(128, "StartError", 'exec: "sh": executable file not found'), "StartError permanent"],
    ["R3 SIGKILL", end(137, "Error"), "Killed permanent"],
    ["R3 SIGTERM", end(143), "Killed permanent"],
    ["no signal has this number", end(255, "Error"), "CommandFailed permanent"],
    ["R6 its node lost track", end(137, "ContainerStatusUnknown"), "NodeLost transient"]
  ]
  it.each(cases)("%s", (_name, value, expected) => {
    const found = diagnoseEnd(value, undefined)
    assert.strictEqual(named(found), expected)
    if (value.message !== undefined) assert.include(found.summary, value.message)
  })

  it.each([
    ["R22 not found", 127, "did not find a command"],
    ["R22 not executable", 126, "could not execute it"]
  ] as const)("%s", (_name, exitCode, said) => {
    assert.include(diagnoseEnd(end(exitCode, "Error"), undefined).summary, said)
  })

  it("tells the memory limit", () => {
    const found = diagnoseEnd(end(137, "OOMKilled"), "64Mi")
    assert.deepStrictEqual(found.cause, { _tag: "OutOfMemory", exitCode: 137, limit: "64Mi", said: "" })
    assert.include(found.summary, "64Mi")
    assert.include(found.summary, "OOMKilled")
  })

  it("R2 warns of a success during which the kernel killed for memory, and of no other", () => {
    assert.include(memoryWarning(end(0, "OOMKilled"), "64Mi"), "64Mi")
    assert.isUndefined(memoryWarning(end(0, "Completed"), "64Mi"))
    assert.isUndefined(memoryWarning(end(137, "OOMKilled"), "64Mi"))
  })
})

describe("a pod that goes before its command has ended", () => {
  it.each([
    ["P12, R7 deleted, never seen", undefined, "Deleted transient"],
    ["P12, R7 deleted by somebody", observation(), "Deleted transient"],
    ["R4 evicted, then deleted", observation({ reason: "Evicted" }), "Evicted transient"],
    ["R5 preempted, then deleted", observation({ disruption: "PreemptionByScheduler" }), "Preempted transient"]
  ] as const)("%s", (_name, pod, expected) => {
    assert.strictEqual(named(deleted(pod)), expected)
  })
  it("R6 names the node that does not end it", () => {
    const found = nodeSilent(observation({ terminating: true, disruption: "DeletionByTaintManager" }))
    assert.strictEqual(named(found), "NodeLost transient")
    assert.include(found.summary, "node1")
  })
  it("P13 names a container of the task's own that failed before the command", () => {
    const found = unknownEnd(
      observation({ phase: "Failed", main: { _tag: "Unknown" }, containers: new Map([["prepare", ended(3, "Error")]]) })
    )
    assert.strictEqual(named(found), "ContainerFailed permanent")
    assert.include(found.summary, "'prepare' ended with exit code 3")
  })
  it("R7 says that the outcome is unknown where nothing tells it", () => {
    assert.strictEqual(named(unknownEnd(observation({ phase: "Failed" }))), "Unknown transient")
  })
})

describe("helperEnded", () => {
  const end = (exitCode: number, reason: string) => ({ exitCode, reason, message: undefined })
  it.each([
    ["R11 without a shell", end(127, "Error"), "HelperEnded transient", "fileSidecar.image"],
    ["R11 killed", end(137, "Error"), "HelperEnded transient", "find out what ended it"],
    ["R11 out of memory", end(137, "OOMKilled"), "HelperEnded permanent", "fileSidecar.resources.limit.memory"]
  ] as const)("%s", (_name, value, expected, remedy) => {
    const found = helperEnded("files", value)
    assert.strictEqual(named(found), expected)
    assert.include(found.remedy, remedy)
  })
})
