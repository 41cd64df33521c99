import { assert, describe, it } from "@effect/vitest"
import { Exec, type Pod, PodLog, Pods, PodWatch, type WatchChange } from "@podwright/k8s-io"
import { identityLabels } from "@podwright/spec-builder"
import { Effect, Layer, Stream } from "effect"
import { type ExecutionSelection, Executions } from "../../src/executions/Executions.ts"
import { fakePods } from "../support/FakePods.ts"

const pod = (name: string, labels: Readonly<Record<string, string>>, second = 1): Pod => ({
  metadata: {
    name,
    namespace: "n",
    uid: `${name}-uid`,
    resourceVersion: "1",
    creationTimestamp: `2026-01-02T03:04:0${second}Z`,
    labels
  }
})
const ours = identityLabels({
  namespace: "n",
  flowId: "f",
  taskId: "t",
  executionId: "e",
  taskRunId: "r",
  attempt: 0
})

/** A server of these pods and changes, and what it was asked. */
const server = (items: ReadonlyArray<Pod>, changes: ReadonlyArray<ReadonlyArray<WatchChange>> = []) => {
  const asked: Array<readonly [string | undefined, string | undefined]> = []
  const pods = fakePods({
    list: (namespace, selection) =>
      Effect.sync(() => {
        asked.push([namespace, selection?.labelSelector])
        return { items, resourceVersion: "1" }
      })
  })
  const watch = PodWatch.of({ changes: () => Stream.never, selection: () => Stream.fromIterable(changes) })
  const layer = Executions.layer.pipe(
    Layer.provide([
      Layer.succeed(Pods, pods),
      Layer.succeed(PodWatch, watch),
      Layer.succeed(PodLog, PodLog.of({ read: () => Stream.never })),
      Layer.succeed(Exec, Exec.of({ open: () => Effect.never }))
    ])
  )
  return { asked, layer }
}

describe("Executions", () => {
  const selections: ReadonlyArray<readonly [string, ExecutionSelection, string]> = [
    ["all pods of a namespace", { namespace: "n" }, "podwright.dev/taskrun-id"],
    [
      "an execution's pods, by the label that its id becomes",
      { namespace: "n", executionId: "e 1" },
      "podwright.dev/taskrun-id,podwright.dev/execution-id=e-1"
    ],
    [
      "one task's pods",
      { namespace: undefined, executionId: "e", taskId: "t" },
      "podwright.dev/taskrun-id,podwright.dev/execution-id=e,podwright.dev/task-id=t"
    ]
  ]
  it.effect.each(selections)("asks for %s", ([, selection, selector]) =>
    Effect.gen(function* () {
      const { asked, layer } = server([])
      yield* Effect.provide(
        Effect.flatMap(Executions, ({ list }) => list(selection)),
        layer
      )
      assert.deepStrictEqual(asked, [[selection.namespace, selector]])
    })
  )

  it.effect("lists pods of podwright, oldest first", () =>
    Effect.gen(function* () {
      const { layer } = server([pod("young", ours, 9), pod("foreign", {}), pod("old", ours, 2)])
      const found = yield* Effect.provide(
        Effect.flatMap(Executions, ({ list }) => list({ namespace: "n" })),
        layer
      )
      assert.deepStrictEqual(
        found.map(({ pod }) => pod),
        ["old", "young"]
      )
    })
  )

  it.effect("reports changes in the order of the server, deletions first", () =>
    Effect.gen(function* () {
      const { layer } = server(
        [],
        [
          [{ _tag: "Present", pod: pod("a", ours) }],
          [
            { _tag: "Present", pod: pod("b", ours) },
            { _tag: "Deleted", pod: pod("a", ours) }
          ]
        ]
      )
      const found = yield* Effect.provide(
        Effect.flatMap(Executions, ({ watch }) => Stream.runCollect(watch({ namespace: "n" }))),
        layer
      )
      assert.deepStrictEqual(
        found.map((changes) => changes.map(({ _tag, pod }) => `${_tag} ${pod.pod}`)),
        [["Present a"], ["Deleted a", "Present b"]]
      )
    })
  )

  it.effect("says of an execution without a pod where it was looked for", () =>
    Effect.gen(function* () {
      const { layer } = server([])
      const log = Effect.flatMap(Executions, (executions) =>
        executions.log({ namespace: "n", executionId: "e", taskId: "t" }, { follow: false, onEvent: () => Effect.void })
      )
      const error = yield* Effect.flip(Effect.provide(Effect.scoped(log), layer))
      assert.match(error.message, /^no pod of execution 'e' and task 't' is in namespace n\. `podwright ps` /)
    })
  )
})
