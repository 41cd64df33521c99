/** A kubelet on a store of its own, with the API server's part done directly. */
import { Effect, type Scope, Stream } from "effect"
import { nodeStore } from "../../src/api/NodeStore.ts"
import { ObjectStore } from "../../src/api/ObjectStore.ts"
import { createPod, deletePod } from "../../src/api/PodResource.ts"
import type { StoredPod } from "../../src/api/StoredObject.ts"
import type { LocalClusterError } from "../../src/contract/LocalClusterError.ts"
import type { ContainerStatus, PodStatus } from "../../src/contract/PodStatus.ts"
import type { ContainerRuntime } from "../../src/contract/Runtime.ts"
import { makeKubelet } from "../../src/kubelet/Kubelet.ts"
import { within } from "./within.ts"

export const containerStatus = (status: PodStatus, name = "main"): ContainerStatus | undefined =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find((one) => one.name === name)

export interface TestNode {
  readonly store: ObjectStore
  readonly runtime: ContainerRuntime
  /** Creates a pod with one container `main` unless the spec has others. */
  readonly create: (spec: object) => Effect.Effect<TestPod>
}

export interface TestPod {
  readonly uid: string
  /** Its last status; undefined once it is deleted. */
  readonly status: () => PodStatus | undefined
  /** Completes when its status is so, as `what` says; every status that it had is looked at. */
  readonly until: (what: string, isSo: (status: PodStatus) => boolean) => Effect.Effect<PodStatus>
  /** Every status that it had, from the beginning. */
  readonly statuses: () => ReadonlyArray<PodStatus>
  /** Completes when it has ended. */
  readonly ended: Effect.Effect<PodStatus>
  readonly gone: Effect.Effect<void>
  readonly delete: (graceSeconds?: number) => Effect.Effect<void>
  readonly events: () => ReadonlyArray<readonly [type: string, reason: string, message: string]>
  /** The whole log of a container that has ended, as `stdout: text` lines. */
  readonly log: (container?: string, follow?: boolean) => Effect.Effect<ReadonlyArray<string>>
  /** Runs a command in a container to its end. */
  readonly exec: (
    command: ReadonlyArray<string>,
    stdin?: string,
    container?: string
  ) => Effect.Effect<{ readonly code: number; readonly stdout: string; readonly stderr: string }, string>
}

export const main = (script: string, more: object = {}) => ({
  name: "main",
  image: "busybox",
  command: ["sh", "-c", script],
  ...more
})

export const makeTestNode: Effect.Effect<TestNode, LocalClusterError, Scope.Scope> = Effect.gen(function* () {
  const store = new ObjectStore(100_000)
  store.create("namespaces", { kind: "Namespace", metadata: { name: "team" } })
  const runtime = yield* makeKubelet(nodeStore(store))
  let pods = 0

  const create = Effect.fnUntraced(function* (spec: object) {
    const name = `pod-${++pods}`
    const body = {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name },
      spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 1, ...spec }
    }
    const statuses: Array<PodStatus> = []
    const waiting = new Set<() => void>()
    let last: StoredPod | undefined
    store.subscribe("pods", ({ object, type }) => {
      if (object.metadata.name !== name) return
      last = type === "DELETED" ? undefined : object
      statuses.push(object.status)
      for (const look of Array.from(waiting)) look()
    })
    const { pod } = yield* Effect.orDie(createPod(store, "team", body, new URLSearchParams("fieldValidation=Strict")))
    const { uid } = pod.metadata
    last = pod

    const when = <A>(what: string, found: () => A | undefined): Effect.Effect<A> => {
      const holds = Effect.callback<A>((resume) => {
        const look = () => {
          const value = found()
          if (value === undefined) return
          waiting.delete(look)
          resume(Effect.succeed(value))
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      })
      return within(`${name}: ${what}`, holds, () => `, its status is ${JSON.stringify(last?.status)}`)
    }

    const until = (what: string, isSo: (status: PodStatus) => boolean): Effect.Effect<PodStatus> => {
      let seen = 0
      return when(what, () => {
        while (seen < statuses.length) {
          const status = statuses[seen++]
          if (status !== undefined && isSo(status)) return status
        }
        return undefined
      })
    }

    const testPod: TestPod = {
      uid,
      status: () => last?.status,
      until,
      statuses: () => statuses,
      ended: until("it has ended", ({ phase }) => phase === "Succeeded" || phase === "Failed"),
      gone: when("it is deleted", () => (last === undefined ? true : undefined)),
      delete: (graceSeconds) =>
        Effect.suspend(() => {
          const now = store.get("pods", "team", name) ?? pod
          const options = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }
          return Effect.orDie(deletePod(store, now, options, new URLSearchParams()))
        }),
      events: () =>
        store
          .list("events")
          .filter((event) => event.involvedObject.uid === uid)
          .map((event) => [event.type, event.reason, event.message] as const),
      log: (container = "main", follow = true) =>
        Effect.gen(function* () {
          const records = yield* runtime.log({ podUid: uid, container }, follow)
          if (records === undefined) return []
          return (yield* Stream.runCollect(records)).map(
            ({ bytes, stream }) => `${stream}: ${Buffer.from(bytes).toString()}`
          )
        }),
      exec: (command, stdin = "", container = "main") =>
        Effect.scoped(
          Effect.gen(function* () {
            const exec = yield* runtime.exec({ podUid: uid, container }, command)
            // Beside the reader: a program that waits for its output to be read takes no input.
            yield* Effect.forkScoped(Effect.andThen(exec.write(Buffer.from(stdin)), exec.closeStdin))
            const said = { stdout: "", stderr: "" }
            yield* Stream.runForEach(exec.output, ({ bytes, stream }) =>
              Effect.sync(() => {
                said[stream] += Buffer.from(bytes).toString()
              })
            )
            return { code: yield* exec.exitCode, ...said }
          })
        ).pipe(Effect.mapError((refusal) => (refusal._tag === "ExecFailed" ? refusal.message : refusal._tag)))
    }
    return testPod
  })
  return { store, runtime, create }
})
