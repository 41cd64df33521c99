import { assert, describe, it } from "@effect/vitest"
import { KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { buildPod, decodeRunnerProperties, type PodPlan, SPEC_HASH_ANNOTATION } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import { obtainPod } from "../../src/claim/PodCreation.ts"
import { fakePods } from "../support/FakePods.ts"

const plan: PodPlan = Result.getOrThrow(
  buildPod(
    {
      identity: { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 1 },
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
const left: Pod = {
  metadata: {
    name: plan.name,
    namespace: "n",
    uid: "u",
    resourceVersion: "1",
    labels: plan.manifest.metadata.labels,
    annotations: { [SPEC_HASH_ANNOTATION]: plan.specHash }
  }
}

/** What comes of a pod that its driver has left, and that is like this once its lease is taken. */
const takeOver = (taken: Pod) => {
  const unused = () => Effect.die("not asked for in these tests")
  const pods = fakePods({
    create: () =>
      Effect.fail(
        new KubeError({ operation: "Pods.create", subject: {}, reason: { _tag: "AlreadyExists", detail: "" } })
      ),
    get: () => Effect.succeed(left)
  })
  return obtainPod({
    plan,
    namespace: "n",
    driver: "me",
    policy: { resume: true, onSpecChange: "fail" },
    lease: {
      annotation: Effect.succeed("lease"),
      state: () => Effect.succeed({ _tag: "Free", since: 0, why: "Left" }),
      take: () => Effect.succeed(taken),
      keep: unused,
      release: unused,
      isSure: unused
    }
  }).pipe(Effect.provideService(Pods, pods))
}

describe("a pod that its driver has left", () => {
  it.effect("is taken over", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* takeOver(left), { _tag: "Held", pod: left, adopted: true })
    })
  )
  it.effect("is waited for when it was deleted just before its lease was taken", () =>
    Effect.gen(function* () {
      const leaving: Pod = { metadata: { ...left.metadata, deletionTimestamp: "2026-01-02T03:04:05Z" } }
      assert.deepStrictEqual(yield* takeOver(leaving), { _tag: "Leaving" })
    })
  )
})
