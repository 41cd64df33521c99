import { assert, describe, it } from "@effect/vitest"
import type { ContainerStatus, Pod } from "@podwright/k8s-io"
import {
  buildPod,
  decodeRunnerProperties,
  identityLabels,
  LABEL_PREFIX,
  type PodPlan,
  podName,
  SPEC_HASH_ANNOTATION,
  type TaskIdentity
} from "@podwright/spec-builder"
import { Result } from "effect"
import { type ClaimPolicy, decideClaim, isPodLeft, latestAttempt, podOwner } from "../../src/claim/PodClaim.ts"
import type { LeaseState } from "../../src/claim/PodLease.ts"

const pod = (metadata: Partial<Pod["metadata"]>): Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1", ...metadata }
})
const labels = identityLabels({
  namespace: "n",
  flowId: "f",
  taskId: "t",
  executionId: "e",
  taskRunId: "r",
  attempt: 2
})

describe("podOwner", () => {
  const table: ReadonlyArray<readonly [string, Pod, string]> = [
    [
      "a pod of another driver",
      pod({ labels, creationTimestamp: "2026-01-02T03:04:05Z" }),
      "created for task t of flow f, execution e, task run r, attempt 2, by another driver at 2026-01-02T03:04:05Z"
    ],
    ["anybody's", pod({ labels: { app: "x" } }), "created by something other than podwright"],
    [
      "a pod that is being deleted",
      pod({ deletionTimestamp: "2026-01-02T03:04:05Z" }),
      "created by something other than podwright; it is being deleted"
    ]
  ]
  it.each(table)("%s", (_whose, of, expected) => {
    assert.strictEqual(podOwner(of), expected)
  })
})

const identity: TaskIdentity = {
  namespace: "n",
  flowId: "f",
  taskId: "t",
  executionId: "e",
  taskRunId: "r",
  attempt: 2
}
const plan: PodPlan = Result.getOrThrow(
  buildPod(
    {
      identity,
      image: "busybox",
      command: {
        _tag: "Commands",
        interpreter: ["/bin/sh", "-c"],
        beforeCommands: [],
        commands: ["true"],
        failFast: true
      },
      env: {},
      hasInputs: false,
      wantsOutputs: false
    },
    Result.getOrThrow(decodeRunnerProperties({}))
  )
)

describe("decideClaim", () => {
  const free: LeaseState = { _tag: "Free", since: 0, why: "Left" }
  const held: LeaseState = { _tag: "Held", holder: "h", remainingMs: 5 }
  const resume: ClaimPolicy = { resume: true, onSpecChange: "fail" }
  const own = { labels, annotations: { [SPEC_HASH_ANNOTATION]: plan.specHash } }
  const changed = { ...own, annotations: { [SPEC_HASH_ANNOTATION]: "other" } }
  const leaving = { ...own, deletionTimestamp: "2026-01-02T03:04:05Z" }
  const helper = (exitCode: number): Pod => {
    const status: ContainerStatus = { name: "files", state: { terminated: { exitCode } } }
    return { ...pod(own), status: { containerStatuses: [status] } }
  }
  const cases: ReadonlyArray<readonly [string, Pod, LeaseState, ClaimPolicy, string]> = [
    ["a pod of this driver", pod(own), { _tag: "Mine" }, resume, "Ours"],
    ["a released pod", pod(own), free, resume, "Adopt"],
    ["a pod with a live driver", pod(own), held, resume, "WaitForLease"],
    ["a pod with a live driver and another spec", pod(changed), held, resume, "WaitForLease"],
    ["a pod that is being deleted", pod(leaving), free, resume, "WaitForRemoval"],
    ["a pod with a live driver that is being deleted", pod(leaving), held, resume, "WaitForRemoval"],
    ["a pod of this driver that is being deleted", pod(leaving), { _tag: "Mine" }, resume, "WaitForRemoval"],
    ["a pod that is being deleted, without resume", pod(leaving), free, { ...resume, resume: false }, "WaitForRemoval"],
    ["a released pod of another spec", pod(changed), free, resume, "Changed"],
    [
      "a released pod of another spec, to be replaced",
      pod(changed),
      free,
      { ...resume, onSpecChange: "replace" },
      "Replace"
    ],
    ["a released pod, without resume", pod(own), free, { ...resume, resume: false }, "Foreign"],
    ["a pod without a lease", pod(own), { _tag: "None" }, resume, "Foreign"],
    ["a pod whose helper has ended well", helper(0), free, resume, "Foreign"],
    ["a pod whose helper has failed", helper(137), free, resume, "Adopt"],
    [
      "a pod of another attempt",
      pod({ ...own, labels: { ...labels, [`${LABEL_PREFIX}taskrun-attempt`]: "1" } }),
      free,
      resume,
      "Foreign"
    ],
    ["anybody's", pod({ labels: { app: "x" } }), free, resume, "Foreign"],
    [
      "a pod of another task that is being deleted",
      pod({ deletionTimestamp: "2026-01-02T03:04:05Z" }),
      free,
      resume,
      "Foreign"
    ]
  ]
  it.each(cases)("%s", (_whose, found, lease, policy, expected) => {
    assert.strictEqual(decideClaim(found, plan, lease, policy)._tag, expected)
  })
})

describe("latestAttempt", () => {
  const attempt = (number: number, more: Partial<Pod["metadata"]> = {}) =>
    pod({
      name: podName({ ...identity, attempt: number }),
      labels: identityLabels({ ...identity, attempt: number }),
      ...more
    })
  it("is the highest of the pods that go on", () => {
    assert.isUndefined(latestAttempt([], identity))
    assert.strictEqual(latestAttempt([attempt(0), attempt(3), attempt(1)], identity), 3)
    assert.strictEqual(latestAttempt([attempt(0), attempt(3, { deletionTimestamp: "x" })], identity), 0)
    // Equal labels, as those of ids that differ in what labels cannot hold, and another name.
    assert.isUndefined(latestAttempt([attempt(3, { name: "other" })], identity))
  })

  it("is left, whichever it is, as long as it goes on or its outcome was not collected", () => {
    const helper = (exitCode: number): Pod => ({
      ...attempt(1),
      status: { containerStatuses: [{ name: "files", state: { terminated: { exitCode } } }] }
    })
    assert.isTrue(isPodLeft([attempt(1)], identity, plan))
    assert.isTrue(isPodLeft([helper(137)], identity, plan))
    assert.isFalse(isPodLeft([helper(0)], identity, plan))
    assert.isFalse(isPodLeft([attempt(1, { deletionTimestamp: "x" }), attempt(1, { name: "other" })], identity, plan))
  })
})
