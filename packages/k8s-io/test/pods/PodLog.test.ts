/** Logs against a fake API server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import { PodLog } from "../../src/pods/PodLog.ts"
import { fakeApi, type Handlers } from "../support/FakeApiServer.ts"

const request = { namespace: "team", pod: "hello", container: "main" }
const withLog = (handler: Handlers["request"] & {}) =>
  Effect.gen(function* () {
    const api = yield* fakeApi({ request: handler })
    const context = yield* Layer.build(
      PodLog.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
    )
    const log = yield* Effect.provideContext(PodLog, context)
    const chunks: Array<Uint8Array> = []
    const read = (options: object = {}) =>
      log.read({ ...request, ...options }).pipe(
        Stream.runForEach((chunk) => Effect.sync(() => chunks.push(chunk))),
        Effect.map(() => Buffer.concat(chunks).toString())
      )
    return { api, read, sofar: () => Buffer.concat(chunks).toString() }
  })

describe("PodLog", () => {
  it.effect("asks for exactly what is wanted and gives the bytes", () =>
    Effect.gen(function* () {
      const { api, read } = yield* withLog((_asked, { raw }) => {
        raw.write("one\ntw")
        raw.end("o\n")
      })
      assert.strictEqual(yield* read({ follow: true, timestamps: true }), "one\ntwo\n")
      assert.strictEqual(api.asked[0]?.path, "/api/v1/namespaces/team/pods/hello/log")
      assert.deepStrictEqual(Object.fromEntries(api.asked[0]?.query ?? []), {
        container: "main",
        follow: "true",
        timestamps: "true"
      })
    })
  )
  it.effect("asks for the end of it, within a bound", () =>
    Effect.gen(function* () {
      const { api, read } = yield* withLog((_asked, { raw }) => raw.end("last\n"))
      assert.strictEqual(yield* read({ tailLines: 3, limitBytes: 4096 }), "last\n")
      assert.deepStrictEqual(Object.fromEntries(api.asked[0]?.query ?? []), {
        container: "main",
        tailLines: "3",
        limitBytes: "4096"
      })
    })
  )
  it.effect("is empty for a pod without a node", () =>
    Effect.gen(function* () {
      const { read } = yield* withLog((_asked, { raw }) => raw.writeHead(204).end())
      assert.strictEqual(yield* read(), "")
    })
  )
  it.effect("says that the container has not started", () =>
    Effect.gen(function* () {
      const message = 'container "main" in pod "hello" is waiting to start: ContainerCreating'
      const { read } = yield* withLog((_asked, answer) => answer.status(400, { reason: "BadRequest", message }))
      assert.deepStrictEqual((yield* Effect.flip(read())).reason, { _tag: "NotRunningYet", detail: message })
    })
  )
  it.effect("gives what came before the connection was lost, then says so", () =>
    Effect.gen(function* () {
      const { read, sofar } = yield* withLog((_asked, { raw, reset }) => {
        raw.write("one\n", () => setImmediate(reset))
      })
      const error = yield* Effect.flip(read({ follow: true }))
      assert.strictEqual(error.reason._tag, "Cut")
      assert.strictEqual(sofar(), "one\n")
    })
  )
})
