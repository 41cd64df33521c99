/** Requests about pods against a fake API server: what is sent, and what becomes of each answer. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import { requestDeadline, retryTimes } from "../../src/client/KubeRequest.ts"
import { createLimit } from "../../src/client/RequestRate.ts"
import { Pods } from "../../src/pods/Pods.ts"
import { drive, type FakeApi, fakeApi, type Handlers, until } from "../support/FakeApiServer.ts"
import { pod } from "../support/pods.ts"

const withPods = <A, E, R>(
  handlers: Handlers["request"] & {},
  test: (pods: Pods["Service"], api: FakeApi) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const api = yield* fakeApi({ request: handlers })
    const context = yield* Layer.build(
      Pods.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
    )
    return yield* Effect.flatMap(Pods, (pods) => test(pods, api)).pipe(Effect.provideContext(context))
  })

const manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: "hello" }, spec: { fromTheFuture: { a: [1] } } }

describe("create", () => {
  it.effect("sends the manifest untouched, strictly validated, with credentials", () =>
    withPods(
      (_asked, answer) => answer.json(201, { ...pod({ name: "hello" }), fromTheFuture: 1 }),
      Effect.fnUntraced(function* (pods, api) {
        const created = yield* pods.create("team", manifest)
        const [asked] = api.asked
        assert.strictEqual(asked?.path, "/api/v1/namespaces/team/pods")
        assert.strictEqual(asked?.query.get("fieldValidation"), "Strict")
        assert.strictEqual(asked?.headers.authorization, "Bearer secret")
        assert.deepStrictEqual(JSON.parse(asked?.body ?? ""), manifest)
        assert.propertyVal(created, "fromTheFuture", 1)
      })
    )
  )
  it.effect("refuses a manifest without a name before sending it", () =>
    withPods(
      (_asked, answer) => answer.json(201, pod({ name: "hello" })),
      Effect.fnUntraced(function* (pods, api) {
        const error = yield* Effect.flip(pods.create("team", { metadata: { generateName: "hello-" } }))
        assert.strictEqual(error.reason._tag, "BadRequest")
        assert.lengthOf(api.asked, 0)
      })
    )
  )
  it.effect("asks again for a refusal whose words were cut, and then tells them", () => {
    let attempts = 0
    const whole = JSON.stringify({
      kind: "Status",
      status: "Failure",
      code: 400,
      reason: "BadRequest",
      message: 'unknown field "spec.tolerationz"'
    })
    return withPods(
      (_asked, answer) => void answer.raw.writeHead(400).end(attempts++ === 0 ? whole.slice(0, 40) : whole),
      Effect.fnUntraced(function* (pods) {
        const error = yield* drive(Effect.flip(pods.create("team", manifest)))
        assert.strictEqual(error.reason._tag, "BadRequest")
        assert.include(error.message, "tolerationz")
        assert.strictEqual(attempts, 2)
      })
    )
  })
  it.effect("says that the pod exists", () =>
    withPods(
      (_asked, answer) => answer.status(409, { reason: "AlreadyExists", message: "there" }),
      Effect.fnUntraced(function* (pods) {
        assert.strictEqual((yield* Effect.flip(pods.create("team", manifest))).reason._tag, "AlreadyExists")
      })
    )
  )
  it.effect("names the right that is missing", () =>
    withPods(
      (_asked, answer) => answer.status(403, { reason: "Forbidden", message: "no" }),
      Effect.fnUntraced(function* (pods) {
        const { reason } = yield* Effect.flip(pods.create("team", manifest))
        assert.deepStrictEqual(reason, {
          _tag: "Forbidden",
          verb: "create",
          resource: "pods",
          namespace: "team",
          detail: "no"
        })
      })
    )
  )
  it.effect("does not take anything else for a pod", () =>
    withPods(
      (_asked, answer) => answer.json(200, { kind: "Pod", metadata: {} }),
      Effect.fnUntraced(function* (pods) {
        assert.strictEqual((yield* Effect.flip(pods.create("team", manifest))).reason._tag, "Protocol")
      })
    )
  )
})

describe("tryCreate", () => {
  it.effect("asks for a dry run, whose pod has no identity, and gives the server's warnings", () =>
    withPods(
      (_asked, answer) =>
        answer.json(
          201,
          { kind: "Pod", metadata: { name: "hello", namespace: "team" } },
          { warning: '299 - "would violate \\"restricted\\""' }
        ),
      Effect.fnUntraced(function* (pods, api) {
        assert.deepStrictEqual(yield* pods.tryCreate("team", manifest), ['would violate "restricted"'])
        assert.deepStrictEqual(
          api.asked.map(({ method, query }) => [method, Object.fromEntries(query)]),
          [["POST", { fieldValidation: "Strict", dryRun: "All" }]]
        )
      })
    )
  )
})

describe("retries", () => {
  const counted = (first: (answer: Parameters<Handlers["request"] & {}>[1]) => void): Handlers["request"] & {} => {
    let calls = 0
    return (_asked, answer) => (calls++ === 0 ? first(answer) : answer.json(200, pod({ name: "hello" })))
  }
  it.effect.each([
    ["500", counted((answer) => answer.status(500, { reason: "InternalError" }))],
    ["502", counted((answer) => answer.status(502, { reason: "whatever a proxy says" }))],
    ["503", counted((answer) => answer.status(503, { reason: "ServiceUnavailable" }))],
    ["504", counted((answer) => answer.status(504, { reason: "Timeout" }))],
    [
      "410, which a list may meet while the store is compacted",
      counted((answer) => answer.status(410, { reason: "Expired" }))
    ],
    ["a connection reset before the answer", counted((answer) => answer.reset())],
    [
      "a connection reset in the middle of the answer",
      counted(({ raw }) => {
        raw.writeHead(200, { "content-length": "1000" })
        raw.write('{"kind":', () => raw.socket?.destroySoon())
      })
    ],
    ["an answer that ends in the middle of its JSON", counted(({ raw }) => raw.end('{"kind":"Pod","metad'))]
  ] as const)("after %s", ([, handler]) =>
    withPods(
      handler,
      Effect.fnUntraced(function* (pods, api) {
        assert.strictEqual((yield* drive(pods.get("team", "hello"))).metadata.name, "hello")
        assert.lengthOf(api.asked, 2)
      })
    )
  )
  it.effect.each([
    [429, "TooManyRequests"],
    [503, "ServiceUnavailable"]
  ] as const)("after %i, when the server said", ([code, reason]) =>
    withPods(
      counted((answer) => answer.status(code, { reason }, { "retry-after": "9" })),
      Effect.fnUntraced(function* (pods) {
        yield* drive(pods.get("team", "hello"))
        assert.isAtLeast(yield* Clock.currentTimeMillis, 9_000)
      })
    )
  )
  it.effect.each([
    [400, "BadRequest"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [409, "Conflict"],
    [422, "Invalid"]
  ] as const)("not after %i", ([code, reason]) =>
    withPods(
      (_asked, answer) => answer.status(code, { reason }),
      Effect.fnUntraced(function* (pods, api) {
        yield* Effect.flip(drive(pods.get("team", "hello")))
        assert.lengthOf(api.asked, 1)
      })
    )
  )
  it.effect("end", () =>
    withPods(
      (_asked, answer) => answer.reset(),
      Effect.fnUntraced(function* (pods, api) {
        const { reason } = yield* Effect.flip(drive(pods.get("team", "hello")))
        assert.isTrue(reason._tag === "Unreachable" && reason.address === api.url)
        assert.lengthOf(api.asked, 1 + retryTimes)
      })
    )
  )
})

describe("rate", () => {
  it.effect("a thousand runs do not flood the server, and deletions do not queue behind them", () =>
    withPods(
      (asked, answer) => answer.json(200, pod({ name: asked.method === "POST" ? "hello" : "gone" })),
      Effect.fnUntraced(function* (pods, api) {
        const creates = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: createLimit.burst + 2 }), () => pods.create("team", manifest), {
            concurrency: "unbounded"
          })
        )
        yield* until("the burst is used up", () => api.asked.length === createLimit.burst)
        yield* pods.delete("team", "gone")
        assert.deepStrictEqual([api.asked.length, api.asked.at(-1)?.method], [createLimit.burst + 1, "DELETE"])
        yield* TestClock.adjust("20 millis")
        yield* until("the DELETE and one more create came", () => api.asked.length === createLimit.burst + 2)
        yield* TestClock.adjust("20 millis")
        yield* Fiber.join(creates)
        assert.lengthOf(api.asked, createLimit.burst + 3)
      })
    )
  )
})

describe("abort", () => {
  it.effect("an interrupted request is gone from the server's side, too", () => {
    let closed = false
    return withPods(
      (_asked, answer) => {
        answer.raw.on("close", () => {
          closed = true
        })
      },
      Effect.fnUntraced(function* (pods, api) {
        const fiber = yield* Effect.forkChild(pods.get("team", "hello"))
        yield* until("1 request came", () => api.asked.length === 1)
        assert.isFalse(closed, "closed before it is interrupted")
        yield* Fiber.interrupt(fiber)
        yield* until("the server sees the request closed", () => closed)
      })
    )
  })
})

describe("deadline", () => {
  it.effect("ends a request nobody answers, and gives it one more connection", () =>
    withPods(
      () => undefined,
      Effect.fnUntraced(function* (pods, api) {
        const fiber = yield* Effect.forkChild(Effect.flip(pods.get("team", "hello")))
        yield* until("1 request came", () => api.asked.length === 1)
        yield* TestClock.adjust(`${requestDeadline} seconds`)
        // The pause before the next attempt, which begins when the first one's socket is gone.
        yield* drive(Effect.sleep("2 seconds"))
        yield* until("2 requests came", () => api.asked.length === 2)
        yield* TestClock.adjust(`${requestDeadline} seconds`)
        assert.deepStrictEqual((yield* Fiber.join(fiber)).reason, { _tag: "Timeout", seconds: requestDeadline })
        assert.lengthOf(api.asked, 2)
      })
    )
  )
})

describe("a stall", () => {
  it.effect("behind a short failure gets another connection too", () => {
    let asked = 0
    return withPods(
      (_asked, answer) => {
        asked += 1
        if (asked === 1) answer.status(503, {})
        if (asked === 3) answer.json(200, pod({ name: "hello" }))
      },
      Effect.fnUntraced(function* (pods, api) {
        const fiber = yield* Effect.forkChild(pods.get("team", "hello"))
        yield* drive(until("2 requests came", () => api.asked.length === 2))
        yield* TestClock.adjust(`${requestDeadline} seconds`)
        yield* drive(until("3 requests came", () => api.asked.length === 3))
        assert.strictEqual((yield* Fiber.join(fiber)).metadata.name, "hello")
      })
    )
  })
})

describe("credentials", () => {
  it.effect("are read again once after 401", () =>
    Effect.gen(function* () {
      const api = yield* fakeApi({
        request: (asked, answer) =>
          asked.headers.authorization === "Bearer fresh"
            ? answer.json(200, pod({ name: "hello" }))
            : answer.status(401, { reason: "Unauthorized" })
      })
      const context = yield* Layer.build(
        Pods.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
      )
      const get = Effect.flatMap(Pods, (pods) => pods.get("team", "hello")).pipe(Effect.provideContext(context))
      api.setToken("fresh")
      assert.strictEqual((yield* get).metadata.name, "hello")
      assert.deepStrictEqual(
        api.asked.map(({ headers }) => headers.authorization),
        ["Bearer secret", "Bearer fresh"]
      )
    })
  )
  it.effect("that stay wrong are an error", () =>
    withPods(
      (_asked, answer) => answer.status(401, { reason: "Unauthorized", message: "who" }),
      Effect.fnUntraced(function* (pods, api) {
        const { reason } = yield* Effect.flip(pods.get("team", "hello"))
        assert.deepStrictEqual(reason, { _tag: "Unauthorized", detail: "who" })
        assert.lengthOf(api.asked, 2)
      })
    )
  )
})

describe("annotate", () => {
  const change = { uid: "u", annotation: "podwright.dev/a~b", from: "1", to: "2" }

  it.effect("changes an annotation of that very pod, if it is as it was", () =>
    withPods(
      (_asked, answer) => answer.json(200, pod({ name: "hello" })),
      Effect.fnUntraced(function* (pods, api) {
        yield* pods.annotate("team", "hello", change)
        const [asked] = api.asked
        assert.strictEqual(asked?.method, "PATCH")
        assert.strictEqual(asked?.headers["content-type"], "application/json-patch+json")
        const path = "/metadata/annotations/podwright.dev~1a~0b"
        assert.deepStrictEqual(JSON.parse(asked?.body ?? ""), [
          { op: "test", path: "/metadata/uid", value: "u" },
          { op: "test", path, value: "1" },
          { op: "replace", path, value: "2" }
        ])
      })
    )
  )

  it.effect("sets one of that very pod, whatever it has, where nothing depends on that", () =>
    withPods(
      (_asked, answer) => answer.json(200, pod({ name: "hello" })),
      Effect.fnUntraced(function* (pods, api) {
        yield* pods.annotate("team", "hello", { uid: "u", annotation: "a", to: "2" })
        assert.deepStrictEqual(JSON.parse(api.asked[0]?.body ?? ""), [
          { op: "test", path: "/metadata/uid", value: "u" },
          { op: "add", path: "/metadata/annotations/a", value: "2" }
        ])
      })
    )
  )

  it.effect("is invalid when it is not", () =>
    withPods(
      (_asked, answer) => answer.status(422, { reason: "Invalid", message: "the server rejected our request" }),
      Effect.fnUntraced(function* (pods) {
        assert.strictEqual((yield* Effect.flip(pods.annotate("team", "hello", change))).reason._tag, "Invalid")
      })
    )
  )
})

describe("delete", () => {
  it.effect("names the very pod, in the background", () =>
    withPods(
      (_asked, answer) => answer.json(200, pod({ name: "hello" })),
      Effect.fnUntraced(function* (pods, api) {
        yield* pods.delete("team", "hello", { uid: "u", gracePeriodSeconds: 0 })
        assert.deepStrictEqual(JSON.parse(api.asked[0]?.body ?? ""), {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: "Background",
          gracePeriodSeconds: 0,
          preconditions: { uid: "u" }
        })
      })
    )
  )
  it.effect("is content when the pod is gone", () =>
    withPods(
      (_asked, answer) => answer.status(404, { reason: "NotFound" }),
      (pods) => pods.delete("team", "hello")
    )
  )
  const conflict: Handlers["request"] & {} = (asked, answer) =>
    asked.method === "DELETE"
      ? answer.status(409, { reason: "Conflict", message: "Precondition failed" })
      : answer.json(200, pod({ name: "hello", uid: "present" }))
  it.effect("is content when another pod has the name", () =>
    withPods(conflict, (pods) => pods.delete("team", "hello", { uid: "earlier" }))
  )
  it.effect("is not content when the very pod is still there", () =>
    withPods(
      conflict,
      Effect.fnUntraced(function* (pods) {
        const error = yield* Effect.flip(pods.delete("team", "hello", { uid: "present" }))
        assert.strictEqual(error.reason._tag, "Conflict")
      })
    )
  )
  it.effect("is not content when the very pod has changed since it was read", () =>
    withPods(
      conflict,
      Effect.fnUntraced(function* (pods, api) {
        const error = yield* Effect.flip(pods.delete("team", "hello", { uid: "present", resourceVersion: "7" }))
        assert.strictEqual(error.reason._tag, "Conflict")
        const { preconditions } = JSON.parse(api.asked[0]?.body ?? "")
        assert.deepStrictEqual(preconditions, { uid: "present", resourceVersion: "7" })
      })
    )
  )
})

describe("list", () => {
  it.effect("select on the server", () =>
    withPods(
      (_asked, answer) => answer.json(200, { metadata: { resourceVersion: "5" }, items: [pod({ name: "hello" })] }),
      Effect.fnUntraced(function* (pods, api) {
        const list = yield* pods.list("team", { labelSelector: "a=b" })
        assert.strictEqual(list.resourceVersion, "5")
        assert.lengthOf(list.items, 1)
        assert.strictEqual(api.asked[0]?.query.get("labelSelector"), "a=b")
        yield* pods.list(undefined, { labelSelector: "a" })
        assert.strictEqual(api.asked[1]?.path, "/api/v1/pods")
      })
    )
  )
})
