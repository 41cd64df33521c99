/** Which runs share a connection, and what becomes of one that cannot be made. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Exec, KubeConnection, KubeError, PodEvents, PodLog, Pods, PodWatch } from "@podwright/k8s-io"
import { type ConnectionProperties, decodeRunnerProperties } from "@podwright/spec-builder"
import { Context, Effect, Layer, Result, Stream } from "effect"
import { HttpClient, type HttpClientError } from "effect/http"
import { RunConnections } from "../../src/connection/RunConnections.ts"
import { RunError } from "../../src/task/RunError.ts"
import { Kube } from "../../src/task/RunReason.ts"
import { fakePods } from "../support/FakePods.ts"

const config = (input: object): ConnectionProperties => {
  const found = Result.getOrThrow(decodeRunnerProperties({ config: input })).config
  if (found === undefined) throw new Error("it has no config")
  return found
}

const unused = Effect.die("not asked for in these tests")

/** An ambient connection that notes how it is extended; `config.caCertFile: wrong` cannot be read the first time. */
const ambient = () => {
  const opened: Array<string | undefined> = []
  const connection = (namespace: string): KubeConnection["Service"] => ({
    server: new URL("https://cluster.invalid"),
    namespace,
    source: "a test",
    turns: { create: Effect.void, other: Effect.void },
    followSilence: () => Effect.never,
    http: HttpClient.makeWith<never, never, HttpClientError.HttpClientError | KubeError, never>(
      () => unused,
      Effect.succeed
    ),
    clusterId: Effect.succeed("fake"),
    webSocketOptions: unused,
    refreshCredentials: unused,
    extend: (asked) =>
      Effect.suspend(() => {
        opened.push(asked.namespace)
        const reason = { _tag: "Config", field: "config.caCertFile", detail: "cannot be read" } as const
        return asked.caCertFile === "wrong" && opened.length === 1
          ? Effect.fail(new KubeError({ operation: "KubeConnection.open", subject: {}, reason }))
          : Effect.succeed(connection(asked.namespace ?? "default"))
      })
  })
  const services = Layer.mergeAll(
    Layer.succeed(KubeConnection, KubeConnection.of(connection("ambient"))),
    Layer.succeed(Pods, fakePods({})),
    Layer.succeed(PodEvents, PodEvents.of({ follow: () => Effect.succeed(Stream.never) })),
    Layer.succeed(PodWatch, PodWatch.of({ changes: () => Stream.never, selection: () => Stream.never })),
    Layer.succeed(Exec, Exec.of({ open: () => unused })),
    Layer.succeed(PodLog, PodLog.of({ read: () => Stream.never }))
  )
  return {
    opened,
    layer: RunConnections.layerAmbient.pipe(Layer.provide([services, NodeHttpClient.layerUndici]))
  }
}

const namespaceOf = (input: ConnectionProperties | undefined) =>
  Effect.gen(function* () {
    const { services } = yield* (yield* RunConnections).open(input)
    return Context.get(services, KubeConnection).namespace
  }).pipe(Effect.scoped)

describe("RunConnections", () => {
  it.effect("gives the ambient connection to a run without config", () => {
    const { layer, opened } = ambient()
    return Effect.gen(function* () {
      assert.strictEqual(yield* namespaceOf(undefined), "ambient")
      assert.deepStrictEqual(opened, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("makes one connection for all configs that are equal, token providers included", () => {
    const { layer, opened } = ambient()
    const provider = { task: { commands: ["print-token"] }, output: "{{ stdout }}", cache: "PT1M" }
    const one = (namespace: string) => config({ namespace, oauthTokenProvider: provider })
    return Effect.gen(function* () {
      assert.strictEqual(yield* namespaceOf(one("a")), "a")
      assert.strictEqual(yield* namespaceOf(one("a")), "a")
      assert.strictEqual(yield* namespaceOf(one("b")), "b")
      assert.deepStrictEqual(opened, ["a", "b"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("tells what is wrong, and tries again for the next run", () => {
    const { layer } = ambient()
    const wrong = config({ caCertFile: "wrong", namespace: "n" })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(namespaceOf(wrong))
      assert.include(error.message, "config.caCertFile: cannot be read")
      assert.isFalse(error.retryable)
      assert.strictEqual(yield* namespaceOf(wrong), "n")
    }).pipe(Effect.provide(layer))
  })

  it.effect("names the fields of the config in a refusal", () => {
    const { layer } = ambient()
    const refusal = new KubeError({
      operation: "Pods.create",
      subject: {},
      reason: { _tag: "Unauthorized", detail: "Unauthorized" }
    })
    const error = new RunError({ operation: "create pod", reason: new Kube({ error: refusal }) })
    return Effect.gen(function* () {
      const connections = yield* RunConnections
      const own = yield* connections.open(config({ oauthToken: "x" }))
      assert.include(own.explain(error).message, "Check config.oauthToken.")
      const ambientOne = yield* connections.open(undefined)
      assert.strictEqual(ambientOne.explain(error), error)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
