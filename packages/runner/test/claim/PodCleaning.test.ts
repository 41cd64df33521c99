import { assert, describe, it } from "@effect/vitest"
import { KubeError, type Pod, type PodDeletion, Pods } from "@podwright/k8s-io"
import { LEASE_ANNOTATION, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect, Stream } from "effect"
import { cleanPods } from "../../src/claim/PodCleaning.ts"
import { type Driver, leaseText, releasedText } from "../../src/claim/PodLease.ts"
import { fakePods } from "../support/FakePods.ts"

const other: Driver = { name: "there/2/other", pid: 2, machine: undefined }
const pod = (lease: string, resourceVersion: string, uid = "u"): Pod => ({
  metadata: {
    name: "p",
    namespace: "n",
    uid,
    resourceVersion,
    labels: { [TASK_RUN_LABEL]: "r" },
    annotations: { [LEASE_ANNOTATION]: lease }
  },
  status: { phase: "Running" }
})
const left = releasedText(other, 0)
const conflict: KubeError["reason"] = { _tag: "Conflict", detail: "the ResourceVersion does not match" }

/** A server of one pod, which answers deletions and looks in turn. */
const clean = (
  first: Pod,
  answers: {
    readonly deletions?: ReadonlyArray<KubeError["reason"] | "done">
    readonly looks?: ReadonlyArray<Pod | "gone">
    readonly dryRun?: boolean
  }
) =>
  Effect.gen(function* () {
    const asked: Array<PodDeletion | undefined> = []
    let looks = 0
    const fail = (reason: KubeError["reason"]) =>
      Effect.fail(new KubeError({ operation: "Pods.get", subject: {}, reason }))
    const pods = fakePods({
      list: () => Effect.succeed({ items: [first], resourceVersion: "1" }),
      delete: (_namespace, _name, deletion) =>
        Effect.suspend(() => {
          const answer = answers.deletions?.[asked.length] ?? conflict
          asked.push(deletion)
          return answer === "done" ? Effect.void : fail(answer)
        }),
      get: () =>
        Effect.suspend(() => {
          const answer = answers.looks?.[looks] ?? first
          looks += 1
          return answer === "gone" ? fail({ _tag: "NotFound", detail: "" }) : Effect.succeed(answer)
        })
    })
    const found = yield* cleanPods({ namespace: "n", olderThanMs: 0, dryRun: answers.dryRun ?? false }).pipe(
      Stream.runCollect,
      Effect.provideService(Pods, pods)
    )
    return { outcomes: found.map(({ _tag, why }) => `${_tag} ${why._tag}`), asked }
  })

describe("cleanPods", () => {
  it.effect("deletes the very pod it has judged", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* clean(pod(left, "7"), { deletions: ["done"] })
      assert.deepStrictEqual(outcomes, ["Removed Released"])
      assert.deepStrictEqual(asked, [{ uid: "u", resourceVersion: "7" }])
    })
  )
  it.effect("deletes nothing when it is only to say what it would", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* clean(pod(left, "7"), { dryRun: true })
      assert.deepStrictEqual([outcomes, asked], [["WouldRemove Released"], []])
    })
  )
  it.effect("keeps a pod that is taken over meanwhile", () =>
    Effect.gen(function* () {
      const taken = pod(leaseText(other, 0, 30, true), "8")
      const { asked, outcomes } = yield* clean(pod(left, "7"), { looks: [taken] })
      assert.deepStrictEqual([outcomes, asked.length], [["Kept Driven"], 1])
    })
  )
  it.effect("judges a pod again that has changed otherwise, and deletes it as it is then", () =>
    Effect.gen(function* () {
      const { asked, outcomes } = yield* clean(pod(left, "7"), {
        deletions: [conflict, "done"],
        looks: [pod(left, "8")]
      })
      assert.deepStrictEqual(outcomes, ["Removed Released"])
      assert.deepStrictEqual(asked, [
        { uid: "u", resourceVersion: "7" },
        { uid: "u", resourceVersion: "8" }
      ])
    })
  )
  const gone: ReadonlyArray<readonly [string, Pod | "gone"]> = [
    ["has gone", "gone"],
    ["has made way for another of its name", pod(left, "8", "other")],
    [
      "is on its way out, as after a deletion whose answer was lost",
      { metadata: { ...pod(left, "8").metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }
    ]
  ]
  for (const [what, found] of gone) {
    it.effect(`is content with a pod that ${what}`, () =>
      Effect.gen(function* () {
        const { asked, outcomes } = yield* clean(pod(left, "7"), { looks: [found] })
        assert.deepStrictEqual([outcomes, asked.length], [["Removed Released"], 1])
      })
    )
  }
  it.effect("says so when a pod cannot be deleted, at once or because it changes all the time", () =>
    Effect.gen(function* () {
      const refused: KubeError["reason"] = {
        _tag: "Forbidden",
        verb: "delete",
        resource: "pods",
        namespace: "n",
        detail: 'pods "p" is forbidden: User "u" cannot delete resource "pods"'
      }
      const { outcomes } = yield* clean(pod(left, "7"), { deletions: [refused] })
      assert.deepStrictEqual(outcomes, ["Failed Released"])
      const restless = yield* clean(pod(left, "7"), {})
      assert.deepStrictEqual([restless.outcomes, restless.asked.length], [["Failed Released"], 5])
    })
  )
})
