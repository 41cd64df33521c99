import { assert, describe, it } from "@effect/vitest"
import { Exec, type Pod, PodLog, Pods, PodWatch, type WatchChange } from "@podwright/k8s-io"
import { identityLabels, LEASE_ANNOTATION } from "@podwright/spec-builder"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Driver, leaseText } from "../../src/claim/PodLease.ts"
import type { CancelledPod } from "../../src/executions/ExecutionCancel.ts"
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
const server = (
  items: ReadonlyArray<Pod>,
  changes: ReadonlyArray<ReadonlyArray<WatchChange>> = [],
  instead: { readonly pods?: Pods["Service"]; readonly watch?: PodWatch["Service"] } = {}
) => {
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
      Layer.succeed(Pods, instead.pods ?? pods),
      Layer.succeed(PodWatch, instead.watch ?? watch),
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

describe("Executions.cancel", () => {
  const driver: Driver = { name: "there/2/other", pid: 2, machine: undefined }
  const held = leaseText(driver, 0, 30, true)
  const abandoned = leaseText(driver, -60_000, 30, true)
  const running: Partial<Pod> = { status: { containerStatuses: [{ name: "main", state: { running: {} } }] } }
  const leased = (lease: string, rest: Partial<Pod> = running): Pod => {
    const { metadata } = pod("a", ours)
    return { ...rest, metadata: { ...metadata, annotations: { [LEASE_ANNOTATION]: lease } } }
  }
  const deleting = {
    ...leased(held),
    metadata: { ...leased(held).metadata, deletionTimestamp: "2026-01-02T03:04:05Z" }
  }

  /** Cancels the only pod; `reacts`: the watch then shows it being deleted. */
  const cancel = Effect.fnUntraced(function* (found: Pod, reacts = false) {
    const asked: Array<string> = []
    const pods = fakePods({
      list: () => Effect.succeed({ items: [found], resourceVersion: "1" }),
      annotate: (_namespace, _name, change) =>
        Effect.sync(() => {
          asked.push(`${change.annotation} ${change.to}`)
          return found
        }),
      delete: (_namespace, _name, deletion) => Effect.sync(() => void asked.push(`delete ${JSON.stringify(deletion)}`))
    })
    const watch = PodWatch.of({
      changes: () =>
        Stream.concat(
          Stream.fromIterable([found, ...(reacts ? [deleting] : [])].map((pod) => ({ _tag: "Present", pod }) as const)),
          Stream.never
        ),
      selection: () => Stream.never
    })
    const { layer } = server([], [], { pods, watch })
    const fiber = yield* Effect.flatMap(Executions, (executions) =>
      executions.cancel({ namespace: "n", executionId: "e" }, "ann@laptop")
    ).pipe(Effect.provide(layer), Effect.forkChild)
    yield* TestClock.adjust("34 seconds")
    const early = fiber.pollUnsafe() !== undefined
    yield* TestClock.adjust("1 second")
    const [one] = yield* Fiber.join(fiber)
    return { outcome: one?.outcome, asked, early }
  })
  const request = `podwright.dev/cancel {"by":"ann@laptop","at":"1970-01-01T00:00:00.000Z"}`
  const deletion = 'delete {"uid":"a-uid"}'

  const table: ReadonlyArray<
    readonly [string, Pod, reacts: boolean, outcome: CancelledPod, asked: Array<string>, early: boolean]
  > = [
    ["asks a driver that lives, and leaves the rest to it", leased(held), true, "DriverStops", [request], true],
    [
      "deletes a pod whose driver does not react while its lease is valid",
      leased(held),
      false,
      "Deleted",
      [request, deletion],
      false
    ],
    [
      "deletes an abandoned pod at once, with its own grace",
      leased(abandoned),
      false,
      "Deleted",
      [request, deletion],
      true
    ],
    [
      "deletes a pod without lease, whose driver may live and reads the request",
      { ...running, metadata: { ...pod("a", ours).metadata, annotations: {} } },
      false,
      "Deleted",
      [request, deletion],
      true
    ],
    ["leaves a pod that is being deleted", deleting, false, "Deleting", [], true],
    [
      "leaves a command that has ended to whoever collects",
      leased(held, { status: { containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }] } }),
      false,
      "Ended",
      [],
      true
    ]
  ]
  it.effect.each(table)("%s", ([, found, reacts, outcome, asked, early]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* cancel(found, reacts), { outcome, asked, early })
    })
  )
})
