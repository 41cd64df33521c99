/**
 * Each way in which a pod does not come to run: what is made of it, with its facts. Numbers such as
 * P3 are rows of the catalogue in packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { diagnosePending } from "../../src/diagnosis/PendingDiagnosis.ts"
import type { ContainerObservation, PodObservation } from "../../src/diagnosis/PodObservation.ts"
import { observation, waiting } from "../support/observation.ts"

const stuck = (reason: string, message?: string, container = "main") =>
  observation({
    phase: "Pending",
    containers: new Map([[container, waiting(reason, message)]]),
    images: new Map([[container, "example.org/image:1"]])
  })

/** A sidecar that ended and waits for its next start. */
const restarting = (exitCode: number, message: string): ContainerObservation => ({
  _tag: "Waiting",
  reason: "CrashLoopBackOff",
  message,
  last: { exitCode, reason: "Error", message: undefined }
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
      "P3 image not found, in back-off",
      stuck("ImagePullBackOff", `Back-off pulling image: ErrImagePull: ${NOT_FOUND}`),
      0,
      "Fail ImagePull permanent"
    ],
    ["P3 access to the image denied", stuck("ErrImagePull", DENIED), 0, "Fail ImagePull permanent"],
    [
      "P3 no match for platform",
      stuck("ErrImagePull", "no match for platform in manifest"),
      0,
      "Fail ImagePull permanent"
    ],
    [
      "P3 image of an init container not found",
      stuck("ErrImagePull", NOT_FOUND, "files-in"),
      0,
      "Fail ImagePull permanent"
    ],
    ["P3 image of the helper not found", stuck("ErrImagePull", NOT_FOUND, "files"), 0, "Fail ImagePull permanent"],
    ["P3 a registry's 503", stuck("ErrImagePull", "503 Service Unavailable"), 0, "Report ImagePull transient"],
    ["P3 a registry's rate limit", stuck("ErrImagePull", LIMITED), 0, "Report ImagePull transient"],
    ["P3 a name server that is down", stuck("ErrImagePull", NO_HOST), 0, "Report ImagePull transient"],
    ["P3 an i/o timeout", stuck("ErrImagePull", "dial tcp 10.0.0.1:443: i/o timeout"), 0, "Report ImagePull transient"],
    [
      "P3 a TLS handshake that times out",
      stuck("ErrImagePull", "net/http: TLS handshake timeout"),
      0,
      "Report ImagePull transient"
    ],
    [
      "P3 a back-off within its grace period",
      stuck("ImagePullBackOff", "Back-off"),
      grace - 1,
      "Report ImagePull transient"
    ],
    ["P3 a back-off after its grace period", stuck("ImagePullBackOff", "Back-off"), grace, "Fail ImagePull transient"],
    ["P4 an impossible name", stuck("InvalidImageName", "couldn't parse"), 0, "Fail ImageName permanent"],
    ["P4 an image that may not be pulled", stuck("ErrImageNeverPull"), 0, "Fail ImageName permanent"],
    [
      "P5 a missing Secret within its grace period",
      stuck("CreateContainerConfigError", 'secret "s" not found'),
      9_999,
      "Report ContainerConfig permanent"
    ],
    [
      "P5 a missing Secret after its grace period",
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
    ["P7, P8 volumes and sandbox, which only events report", stuck("ContainerCreating"), 600_000, "Wait"],
    ["init containers run", stuck("PodInitializing"), 600_000, "Wait"],
    [
      "R18 a native sidecar that runs before main is created",
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
      "R18 a native sidecar that ends and is started again",
      stuck("CrashLoopBackOff", "back-off 10s restarting failed container", "proxy"),
      600_000,
      "Report ContainerWaiting transient"
    ],
    [
      "P9 a sidecar that keeps ending",
      observation({ containers: new Map([["proxy", restarting(3, "back-off 10s restarting failed container")]]) }),
      600_000,
      "Report ContainerWaiting transient"
    ],
    ["P9 an unknown reason", stuck("SomethingNew"), 600_000, "Report ContainerWaiting transient"]
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

  it("names how a container last ended, in the same words while its back-off grows", () => {
    const verdict = (message: string) =>
      diagnosePending(observation({ containers: new Map([["proxy", restarting(3, message)]]) }), 0)
    const first = verdict("back-off 10s restarting failed container")
    if (first._tag !== "Report") return assert.fail(first._tag)
    assert.strictEqual(
      first.diagnosis.summary,
      "container 'proxy' ended with exit code 3 and waits to be restarted (CrashLoopBackOff)"
    )
    assert.propertyVal(first.diagnosis.cause, "exitCode", 3)
    const later = verdict("back-off 20s restarting failed container")
    assert.strictEqual(later._tag === "Report" && later.diagnosis.summary, first.diagnosis.summary)
  })

  it("never sends a person to a pod that is deleted", () => {
    const verdict = diagnosePending(stuck("SomethingNew"), 0)
    assert.notInclude(verdict._tag === "Report" ? verdict.diagnosis.remedy : verdict._tag, "kubectl describe pod")
  })
})
