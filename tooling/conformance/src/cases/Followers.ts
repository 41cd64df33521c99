/**
 * Many followers of pods in one process, through a proxy that cuts their watch and answers 410 in
 * it: they share one watch, and each of them ends with the pod's real state.
 */
import { assert, it } from "@effect/vitest"
import { startFaultProxy } from "@podwright/fault-proxy"
import { kubeLayer, type PodChange, Pods, PodWatch } from "@podwright/k8s-io"
import { Context, Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { type Cluster, LIMITED_NAMESPACE } from "../clusters/Cluster.ts"
import { clusterPod } from "../clusters/ClusterPod.ts"
import { freshId } from "../clusters/Podwright.ts"

const FOLLOWERS = 50
const PODS = 5

/** What a follower last heard. */
const wordOf = (change: PodChange | undefined): string =>
  change === undefined ? "nothing" : change._tag === "Present" ? (change.pod.status?.phase ?? "no phase") : change._tag

/** One test; `cluster` is asked directly for the truth. */
export const followers = (cluster: Cluster): void => {
  it.live("50 followers share one watch, which is cut and expires, and each ends at the truth", () =>
    Effect.gen(function* () {
      const id = freshId("follow")
      const labels = { "podwright.dev/taskrun-id": id }
      const asked = { lists: 0, watches: 0 }
      const proxy = yield* startFaultProxy({
        kubeconfig: cluster.limitedKubeconfig,
        plan: {
          script: [
            { verb: "watch", nth: 1, fault: { _tag: "Cut", how: "reset", afterBytes: 100 } },
            { verb: "watch", nth: 2, fault: { _tag: "Expire", afterBytes: 100 } },
            { verb: "watch", nth: 3, fault: { _tag: "Cut", how: "end", afterBytes: 3000 } }
          ]
        },
        onRequest: ({ verb }) => {
          if (verb === "list") asked.lists++
          if (verb === "watch") asked.watches++
        }
      })
      const services = yield* Layer.build(
        kubeLayer({ kubeconfig: proxy.kubeconfig, labelSelector: `podwright.dev/taskrun-id=${id}` })
      )
      const watch = Context.get(services, PodWatch)
      const direct = Context.get(yield* Layer.build(kubeLayer({ kubeconfig: cluster.kubeconfig })), Pods)
      const names = Array.from({ length: PODS }, (_, index) => `${id}-${index}`)

      const told = new Map<number, PodChange>()
      const follow = (index: number) => watch.changes(LIMITED_NAMESPACE, names[index % PODS] ?? "")
      // The first stays with its first word for ever, the second leaves after it.
      const stuck = yield* Deferred.make<void>()
      yield* follow(0).pipe(
        Stream.runForEach(() => Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)),
        Effect.forkScoped
      )
      const leaving = yield* Effect.forkScoped(Stream.runDrain(Stream.take(follow(1), 1)))
      const fibers = yield* Effect.forEach(
        Array.from({ length: FOLLOWERS - 2 }, (_, index) => index + 2),
        (index) =>
          follow(index).pipe(
            Stream.tap((change) => Effect.sync(() => told.set(index, change))),
            Stream.takeUntil((change) => change._tag === "Deleted"),
            Stream.runDrain,
            Effect.forkScoped
          )
      )
      yield* Deferred.await(stuck)
      yield* Fiber.join(leaving)

      // They run, then they are removed, each of them seen by all.
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.forEach(names, (name) => clusterPod(cluster.kubeconfig, name, labels), { concurrency: PODS })
          while ([...told.values()].filter((change) => wordOf(change) === "Running").length < FOLLOWERS - 2)
            yield* Effect.sleep("100 millis")
          const { items } = yield* direct.list(LIMITED_NAMESPACE, { labelSelector: `podwright.dev/taskrun-id=${id}` })
          const uids = new Map(items.map(({ metadata }) => [metadata.name, metadata.uid]))
          for (const [index, change] of told) {
            const uid = change._tag === "Absent" ? undefined : change.pod.metadata.uid
            assert.strictEqual(uid, uids.get(names[index % PODS] ?? ""))
          }
        })
      )
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual([...new Set([...told.values()].map(wordOf))], ["Deleted"])
      assert.deepStrictEqual(
        proxy.fired().map(({ fault }) => fault._tag),
        ["Cut", "Expire", "Cut"]
      )
      // One after another, not one each: the three that were spoiled and the one after them; lists
      // at the start and after 410.
      assert.strictEqual(asked.watches, 4)
      assert.strictEqual(asked.lists, 2)
    })
  )
}
