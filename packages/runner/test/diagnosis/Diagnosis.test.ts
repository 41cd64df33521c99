/** Each way in which a pod does not come to run, or does not end well: what is made of it, with its facts. */
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
import { diagnosePending } from "../../src/diagnosis/PendingDiagnosis.ts"
import type { PodObservation } from "../../src/diagnosis/PodObservation.ts"
import { ended, observation, waiting } from "../support/observation.ts"

const stuck = (reason: string, message?: string, container = "main") =>
  observation({
    phase: "Pending",
    containers: new Map([[container, waiting(reason, message)]]),
    images: new Map([[container, "example.org/image:1"]])
  })

const verdictText = (pod: PodObservation, sinceMs: number) => {
  const verdict = diagnosePending(pod, sinceMs)
  return verdict._tag === "Wait" ? "Wait" : `${verdict._tag} ${verdict.diagnosis.cause._tag} ${verdict.diagnosis.kind}`
}

/** Each is a sentence that clusters were seen to say; the image of all is `example.org/image:1`. */
const NOT_FOUND =
  'rpc error: code = NotFound desc = failed to pull and unpack image "example.org/image:1": failed to resolve reference "example.org/image:1": example.org/image:1: not found'
const DENIED =
  "failed to pull and unpack image: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"
const LIMITED =
  "429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. Access denied until later"
const NO_HOST = "dial tcp: lookup registry.invalid: no such host: repository not found"

describe("diagnosePending", () => {
  const grace = 90_000
  const cases: ReadonlyArray<readonly [string, PodObservation, number, string]> = [
    ["nothing known yet", observation({ phase: "Pending" }), 0, "Wait"],
    ["P1 no node fits", observation({ unschedulable: "0/1 nodes" }), 600_000, "Report Unschedulable transient"],
    ["P2 held back by a gate", observation({ gated: "gated" }), 600_000, "Report SchedulingGated transient"],
    ["P3 image not found", stuck("ErrImagePull", NOT_FOUND), 0, "Fail ImagePull permanent"],
    [
      "P3 not found, in back-off",
      stuck("ImagePullBackOff", `Back-off pulling image: ErrImagePull: ${NOT_FOUND}`),
      0,
      "Fail ImagePull permanent"
    ],
    ["P3 denied", stuck("ErrImagePull", DENIED), 0, "Fail ImagePull permanent"],
    [
      "P3 no match for platform",
      stuck("ErrImagePull", "no match for platform in manifest"),
      0,
      "Fail ImagePull permanent"
    ],
    ["P3 of an init container", stuck("ErrImagePull", NOT_FOUND, "files-in"), 0, "Fail ImagePull permanent"],
    ["P3 of the helper", stuck("ErrImagePull", NOT_FOUND, "files"), 0, "Fail ImagePull permanent"],
    ["P3 a registry's 503", stuck("ErrImagePull", "503 Service Unavailable"), 0, "Report ImagePull transient"],
    ["P3 a rate limit, whatever else it says", stuck("ErrImagePull", LIMITED), 0, "Report ImagePull transient"],
    ["P3 a name server that is down", stuck("ErrImagePull", NO_HOST), 0, "Report ImagePull transient"],
    ["P3 i/o timeout", stuck("ErrImagePull", "dial tcp 10.0.0.1:443: i/o timeout"), 0, "Report ImagePull transient"],
    ["P3 TLS handshake", stuck("ErrImagePull", "net/http: TLS handshake timeout"), 0, "Report ImagePull transient"],
    ["P3 back-off keeps its grace", stuck("ImagePullBackOff", "Back-off"), grace - 1, "Report ImagePull transient"],
    ["P3 and fails after it", stuck("ImagePullBackOff", "Back-off"), grace, "Fail ImagePull transient"],
    ["P4 an impossible name", stuck("InvalidImageName", "couldn't parse"), 0, "Fail ImageName permanent"],
    ["P4 never pulled", stuck("ErrImageNeverPull"), 0, "Fail ImageName permanent"],
    [
      "P5 a Secret may come",
      stuck("CreateContainerConfigError", 'secret "s" not found'),
      9_999,
      "Report ContainerConfig permanent"
    ],
    [
      "P5 or not",
      stuck("CreateContainerConfigError", 'secret "s" not found'),
      10_000,
      "Fail ContainerConfig permanent"
    ],
    [
      "P6 a bad subPath",
      stuck("CreateContainerError", "failed to create subPath"),
      10_000,
      "Fail ContainerConfig permanent"
    ],
    [
      "P6 a slow runtime",
      stuck("CreateContainerError", "context deadline exceeded"),
      grace - 1,
      "Report ContainerConfig transient"
    ],
    [
      "P6 a name not yet free",
      stuck("CreateContainerError", 'name "main_1" is reserved for "x"'),
      grace,
      "Fail ContainerConfig transient"
    ],
    [
      "P6 a program that cannot be run",
      stuck("RunContainerError", "no such file"),
      10_000,
      "Fail ContainerConfig permanent"
    ],
    ["P7, P8 volumes and sandbox are told by events", stuck("ContainerCreating"), 600_000, "Wait"],
    ["init containers run", stuck("PodInitializing"), 600_000, "Wait"],
    [
      "R18 a native sidecar runs before main is made",
      observation({
        phase: "Pending",
        containers: new Map([
          ["proxy", { _tag: "Running" }],
          ["main", waiting("PodInitializing")]
        ])
      }),
      600_000,
      "Wait"
    ],
    [
      "R18 or ends and is started again",
      stuck("CrashLoopBackOff", "back-off 10s restarting failed container", "proxy"),
      600_000,
      "Report ContainerWaiting transient"
    ],
    ["P9 a reason nobody knows", stuck("SomethingNew"), 600_000, "Report ContainerWaiting transient"]
  ]
  it.each(cases)("%s", (_name, pod, sinceMs, expected) => {
    assert.strictEqual(verdictText(pod, sinceMs), expected)
  })

  it("tells container, image and the registry's words", () => {
    const verdict = diagnosePending(stuck("ErrImagePull", NOT_FOUND, "files"), 0)
    assert.deepStrictEqual(verdict._tag === "Wait" ? undefined : verdict.diagnosis.cause, {
      _tag: "ImagePull",
      container: "files",
      image: "example.org/image:1",
      said: NOT_FOUND
    })
    if (verdict._tag !== "Wait") assert.include(verdict.diagnosis.summary, NOT_FOUND)
  })

  it("tells the scheduler's sentence", () => {
    const verdict = diagnosePending(observation({ unschedulable: "0/3 nodes are available" }), 0)
    assert.deepStrictEqual(verdict._tag === "Wait" ? undefined : verdict.diagnosis.cause, {
      _tag: "Unschedulable",
      said: "0/3 nodes are available"
    })
  })
})

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

  it("tells the memory limit", () => {
    const found = diagnoseEnd(end(137, "OOMKilled"), "64Mi")
    assert.deepStrictEqual(found.cause, { _tag: "OutOfMemory", exitCode: 137, limit: "64Mi", said: "" })
    assert.include(found.summary, "64Mi")
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
