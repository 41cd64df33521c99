/**
 * Whether a pod that seems to be gone is gone. Numbers such as R8 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { PodFollow } from "../../src/pod/PodFollow.ts"
import { podIsGone } from "../../src/pod/PodPresence.ts"
import { fakePods } from "../support/FakePods.ts"

const refuse = (reason: KubeError["reason"]) =>
  Effect.fail(new KubeError({ operation: "Pods.get", subject: {}, reason }))
const missing = refuse({ _tag: "NotFound", detail: "pods not found" })
const found = (uid: string) =>
  Effect.succeed<Pod>({ metadata: { name: "pod", namespace: "n", uid, resourceVersion: "1" } })

describe("podIsGone", () => {
  const unused = () => Effect.die("not asked for")
  const pods = (answers: ReadonlyArray<Effect.Effect<Pod, KubeError>>) => {
    let turn = 0
    const get = () => Effect.suspend(() => answers[Math.min(turn++, answers.length - 1)] ?? Effect.never)
    return fakePods({
      get
    })
  }
  const follow = (gone: boolean): PodFollow => ({
    expect: unused,
    current: Effect.undefined,
    takenSince: Effect.undefined,
    until: () => (gone ? Effect.undefined : Effect.never),
    failure: Effect.never
  })
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<Effect.Effect<Pod, KubeError>>, boolean, boolean]> = [
    ["R8 one server did not know it, another does", [missing, found("u")], false, false],
    ["R8 it is there all the time", [found("u")], false, false],
    ["R8 there is no answer, so nobody says that it is gone", [refuse({ _tag: "Timeout", seconds: 1 })], false, false],
    ["R7 nobody knows it", [missing], false, true],
    ["R9 another pod has its name", [found("another")], false, true],
    ["R7 the watch knows, whatever a server that lags says", [Effect.never], true, true]
  ]
  it.effect.each(cases)("%s", ([_name, answers, watched, expected]) =>
    Effect.gen(function* () {
      const pod = { namespace: "n", name: "pod", uid: "u" }
      const asking = podIsGone(pod, follow(watched)).pipe(Effect.provideService(Pods, pods(answers)))
      const fiber = yield* Effect.forkChild(asking)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(fiber), expected)
    })
  )
})
