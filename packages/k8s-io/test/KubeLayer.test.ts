/** Connections of one program, each against a fake API server of its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { kubeLayer } from "../src/KubeLayer.ts"
import { Pods } from "../src/pods/Pods.ts"
import { fakeApi } from "./support/FakeApiServer.ts"
import { pod } from "./support/pods.ts"

describe("kubeLayer", () => {
  it.effect("keeps two connections apart, also when one is opened inside the other", () =>
    Effect.gen(function* () {
      const found = { request: (_asked, answer) => answer.json(200, pod({ name: "a" })) } as Parameters<
        typeof fakeApi
      >[0]
      const outer = yield* fakeApi(found)
      const inner = yield* fakeApi(found)
      const get = Effect.flatMap(Pods, (pods) => pods.get("team", "a"))
      yield* Effect.gen(function* () {
        yield* get
        yield* Effect.provide(get, kubeLayer({ kubeconfig: inner.kubeconfig }))
        yield* get
      }).pipe(Effect.provide(kubeLayer({ kubeconfig: outer.kubeconfig })))
      assert.deepStrictEqual([outer.asked.length, inner.asked.length], [2, 1])
    })
  )
})
