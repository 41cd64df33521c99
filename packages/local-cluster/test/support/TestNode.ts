/** A kubelet on a store of its own, with the API server's part done directly. */
import { Effect, type Scope, Stream } from "effect"
import { nodeStore } from "../../src/api/NodeStore.ts"
import { ObjectStore, type StoredObject } from "../../src/api/ObjectStore.ts"
import { createPod, deletePod } from "../../src/api/PodResource.ts"
import type { LocalClusterError } from "../../src/contract/LocalClusterError.ts"
import type { ContainerRuntime } from "../../src/contract/Runtime.ts"
import { makeKubelet } from "../../src/kubelet/Kubelet.ts"

interface State {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly reason: string
    readonly message?: string
    readonly startedAt: string
  }
}

export interface Status {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly conditions?: ReadonlyArray<{
    readonly type: string
    readonly status: string
    readonly reason?: string
    readonly message?: string
  }>
  readonly containerStatuses?: ReadonlyArray<ContainerStatus>
  readonly initContainerStatuses?: ReadonlyArray<ContainerStatus>
}

export interface ContainerStatus {
  readonly name: string
  readonly state: State
  readonly lastState: State
  readonly ready: boolean
  readonly restartCount: number
}

export const statusOf = (pod: StoredObject): Status => (pod["status"] ?? {}) as Status

export const containerStatus = (status: Status, name = "main"): ContainerStatus | undefined =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find((one) => one.name === name)

export interface TestNode {
  readonly store: ObjectStore
  readonly runtime: ContainerRuntime
  /** Creates a pod with one container `main` unless the spec has others. */
  readonly create: (spec: object) => Effect.Effect<TestPod>
}

export interface TestPod {
  readonly uid: string
  readonly status: () => Status
  /** Completes when its status is so; every state it is in is looked at. */
  readonly until: (isSo: (status: Status) => boolean) => Effect.Effect<Status>
  /** Every status that it had, from the beginning. */
  readonly statuses: () => ReadonlyArray<Status>
  /** Completes when it has ended. */
  readonly ended: Effect.Effect<Status>
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
    const statuses: Array<Status> = []
    const waiting = new Set<() => void>()
    let last: StoredObject | undefined
    store.subscribe(({ object, resource, type }) => {
      if (resource !== "pods" || object.metadata.name !== name) return
      last = type === "DELETED" ? undefined : object
      statuses.push(statusOf(object))
      for (const look of Array.from(waiting)) look()
    })
    const { pod } = yield* Effect.orDie(createPod(store, "team", body, new URLSearchParams("fieldValidation=Strict")))
    const { uid } = pod.metadata
    last = pod

    const when = <A>(found: () => A | undefined): Effect.Effect<A> =>
      Effect.callback<A>((resume) => {
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

    const until = (isSo: (status: Status) => boolean) => {
      let seen = 0
      return when(() => {
        while (seen < statuses.length) {
          const status = statuses[seen++]
          if (status !== undefined && isSo(status)) return status
        }
        return undefined
      })
    }

    const testPod: TestPod = {
      uid,
      status: () => (last === undefined ? {} : statusOf(last)),
      until,
      statuses: () => statuses,
      ended: until(({ phase }) => phase === "Succeeded" || phase === "Failed"),
      gone: when(() => (last === undefined ? true : undefined)),
      delete: (graceSeconds) =>
        Effect.suspend(() => {
          const now = store.get("pods", "team", name) ?? pod
          const options = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }
          return Effect.orDie(deletePod(store, now, options, new URLSearchParams()))
        }),
      events: () =>
        store
          .list("events")
          .filter((event) => (event["involvedObject"] as { readonly uid: string }).uid === uid)
          .map((event) => [String(event["type"]), String(event["reason"]), String(event["message"])] as const),
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
