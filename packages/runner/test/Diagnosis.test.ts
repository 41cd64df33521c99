import { assert, describe, it } from "@effect/vitest"
import { deleted, diagnoseEnd, diagnosePending, diagnosePodEnd, helperEnded } from "../src/Diagnosis.ts"
import type { PodObservation } from "../src/PodObservation.ts"
import { observation, waiting } from "./support/observation.ts"

describe("diagnosePending", () => {
  const stuck = (reason: string, message?: string) =>
    observation({ phase: "Pending", containers: new Map([["main", waiting(reason, message)]]) })
  const cases: ReadonlyArray<readonly [string, PodObservation, number, string]> = [
    ["nothing known yet", observation({ phase: "Pending" }), 0, "Wait"],
    ["creating", stuck("ContainerCreating"), 600_000, "Wait"],
    ["init containers run", stuck("PodInitializing"), 600_000, "Wait"],
    ["a reason nobody knows is waited for", stuck("SomethingNew"), 600_000, "Wait"],
    ["image not found fails at once", stuck("ErrImagePull", "docker.io/x: not found"), 0, "Fail ImagePull permanent"],
    ["pull denied fails at once", stuck("ErrImagePull", "pull access denied"), 0, "Fail ImagePull permanent"],
    ["a registry's 503 may pass", stuck("ErrImagePull", "503 Service Unavailable"), 0, "Report ImagePull transient"],
    [
      "back-off keeps its grace",
      stuck("ImagePullBackOff", "Back-off pulling image"),
      29_999,
      "Report ImagePull transient"
    ],
    ["and fails after it", stuck("ImagePullBackOff", "Back-off pulling image"), 30_000, "Fail ImagePull transient"],
    ["an impossible image name", stuck("InvalidImageName", "couldn't parse"), 0, "Fail ImageName permanent"],
    ["an image that is never pulled", stuck("ErrImageNeverPull"), 0, "Fail ImageName permanent"],
    [
      "a missing Secret may appear",
      stuck("CreateContainerConfigError", 'secret "s" not found'),
      0,
      "Report ContainerConfig permanent"
    ],
    ["or not", stuck("CreateContainerConfigError", 'secret "s" not found'), 10_000, "Fail ContainerConfig permanent"],
    ["no node fits", observation({ unschedulable: "0/1 nodes" }), 600_000, "Report Unschedulable transient"]
  ]
  for (const [name, pod, sinceMs, expected] of cases) {
    it(name, () => {
      const verdict = diagnosePending(pod, sinceMs)
      const text =
        verdict._tag === "Wait" ? "Wait" : `${verdict._tag} ${verdict.diagnosis.cause} ${verdict.diagnosis.kind}`
      assert.strictEqual(text, expected)
    })
  }

  it("hands on what the registry said", () => {
    const verdict = diagnosePending(stuck("ErrImagePull", "docker.io/x: not found"), 0)
    assert.strictEqual(verdict._tag, "Fail")
    if (verdict._tag === "Fail") assert.include(verdict.diagnosis.summary, "docker.io/x: not found")
  })
})

describe("diagnosePodEnd", () => {
  const cases: ReadonlyArray<readonly [Partial<PodObservation>, string | undefined]> = [
    [{}, undefined],
    [{ reason: "Evicted", message: "The node was low on memory" }, "Evicted transient"],
    [{ reason: "DeadlineExceeded" }, "DeadlineExceeded permanent"],
    [{ reason: "Preempting" }, "Preempted transient"],
    [{ reason: "NodeLost" }, "NodeLost transient"],
    [
      { reason: "Terminated", message: "Pod was terminated in response to imminent node shutdown." },
      "NodeLost transient"
    ],
    [{ disruption: "PreemptionByScheduler" }, "Preempted transient"],
    [{ disruption: "DeletionByTaintManager" }, "Evicted transient"]
  ]
  for (const [different, expected] of cases) {
    it(JSON.stringify(different), () => {
      const found = diagnosePodEnd(observation(different))
      assert.strictEqual(found && `${found.cause} ${found.kind}`, expected)
    })
  }
})

describe("diagnoseEnd", () => {
  const end = (exitCode: number, reason?: string, message?: string) => ({
    exitCode,
    signal: undefined,
    reason,
    message
  })
  it("says the memory limit", () => {
    const found = diagnoseEnd(end(137, "OOMKilled"), "64Mi")
    assert.strictEqual(found.cause, "OutOfMemory")
    assert.include(found.summary, "64Mi")
  })
  const cases: ReadonlyArray<readonly [Parameters<typeof diagnoseEnd>[0], string]> = [
    [end(1, "Error"), "CommandFailed"],
    [end(127, "Error"), "CommandFailed"],
    [end(128, "StartError", 'exec: "sh": executable file not found'), "StartError"],
    [end(137, "Error"), "Killed"],
    [end(143), "Killed"],
    [end(255, "Error"), "CommandFailed"],
    [end(137, "ContainerStatusUnknown"), "NodeLost"]
  ]
  for (const [value, cause] of cases) {
    it(`${value.exitCode} ${value.reason} is ${cause}`, () => {
      const found = diagnoseEnd(value, undefined)
      assert.strictEqual(found.cause, cause)
      if (value.message !== undefined) assert.include(found.summary, value.message)
    })
  }
})

describe("deleted and helperEnded", () => {
  it("prefer the pod's own reason to a deletion", () => {
    assert.strictEqual(deleted(undefined).cause, "Deleted")
    assert.strictEqual(deleted(observation()).cause, "Deleted")
    assert.strictEqual(deleted(observation({ reason: "Evicted" })).cause, "Evicted")
  })
  it("blames the helper's image only for an end of the helper's own", () => {
    const end = { signal: undefined, reason: "Error", message: undefined }
    assert.include(helperEnded("files", { ...end, exitCode: 127 }).remedy, "fileSidecar.image")
    assert.notInclude(helperEnded("files", { ...end, exitCode: 143 }).remedy, "fileSidecar.image")
  })
  it("names the helper's memory as what to raise", () => {
    const found = helperEnded("files", { exitCode: 137, signal: undefined, reason: "OOMKilled", message: undefined })
    assert.include(found.remedy, "fileSidecar.resources")
  })
})
