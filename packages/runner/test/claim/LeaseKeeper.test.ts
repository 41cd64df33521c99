import { assert, describe, it } from "@effect/vitest"
import { KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { LEASE_ANNOTATION } from "@podwright/spec-builder"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { LeaseKeeper } from "../../src/claim/LeaseKeeper.ts"
import { type PodLease, readLease } from "../../src/claim/PodLease.ts"
import type { PodFollow } from "../../src/pod/PodFollow.ts"
import { fakePods } from "../support/FakePods.ts"

const pod: Pod = { metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1" } }
const refusal = new KubeError({
  operation: "Pods.annotate",
  subject: {},
  reason: {
    _tag: "Forbidden",
    verb: "patch",
    resource: "pods",
    namespace: "n",
    detail: 'pods "p" is forbidden: User "u" cannot patch resource "pods"'
  }
})

/** Nobody else comes for the pod. */
const follow: PodFollow = {
  expect: () => Effect.void,
  current: Effect.undefined,
  takenSince: Effect.undefined,
  until: () => Effect.never,
  failure: Effect.never
}

/** The leases that a driver writes into its pod within a minute, and its warnings; `allowed` are so many patches. */
const drive = (begin: "create" | "take over", allowed: number) =>
  Effect.gen(function* () {
    const written: Array<PodLease | undefined> = []
    const warnings: Array<string> = []
    const pods = fakePods({
      annotate: (_namespace, _name, { annotation, to }) =>
        Effect.suspend(() => {
          if (written.length >= allowed) return Effect.fail(refusal)
          assert.strictEqual(annotation, LEASE_ANNOTATION)
          written.push(readLease(to))
          return Effect.succeed(pod)
        })
    })
    const created = yield* Effect.gen(function* () {
      const leases = yield* LeaseKeeper
      const lease = yield* leases.open("n", "p", (message) => Effect.sync(() => warnings.push(message)))
      const annotation = begin === "create" ? readLease(yield* lease.annotation) : undefined
      if (begin === "take over") yield* lease.take(pod)
      yield* Effect.forkScoped(lease.keep(pod, follow))
      yield* TestClock.adjust("1 minute")
      return annotation
    }).pipe(Effect.scoped, Effect.provideService(Pods, pods), Effect.provide(LeaseKeeper.layer))
    return { created, written, warnings }
  })

describe("a lease that is kept", () => {
  it.effect("is written with the pod as one that was never renewed, and renewed three times in its length", () =>
    Effect.gen(function* () {
      const { created, warnings, written } = yield* drive("create", Number.POSITIVE_INFINITY)
      assert.isFalse(created?.renewed)
      assert.strictEqual(created?.seconds, 30)
      assert.lengthOf(written, 6)
      for (const lease of written) {
        assert.isTrue(lease?.renewed)
        assert.strictEqual(lease?.holder, created?.holder)
      }
      assert.deepStrictEqual(warnings, [])
    })
  )

  const cases: ReadonlyArray<readonly [string, "create" | "take over", number, RegExp]> = [
    ["never", "create", 0, /^the lease of pod p cannot be renewed, so it may be taken over: /],
    ["twice", "create", 2, /so it may be taken over, or deleted by `podwright clean`: /],
    ["once, at the takeover", "take over", 1, /so it may be taken over, or deleted by `podwright clean`: /]
  ]
  for (const [when, begin, allowed, expected] of cases) {
    it.effect(`which may be renewed ${when}, is told of once, and truly`, () =>
      Effect.gen(function* () {
        const { warnings, written } = yield* drive(begin, allowed)
        assert.lengthOf(written, allowed)
        assert.lengthOf(warnings, 1)
        assert.match(warnings[0] ?? "", expected)
      })
    )
  }
})
