import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { idleRuntime, loggingRuntime, pod, testServer } from "../support/TestServer.ts"

const PODS = "/api/v1/namespaces/default/pods"

describe("access", () => {
  it.live("needs a token that is known", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      for (const token of ["", "wrong"]) {
        const { code, json } = yield* call("GET", PODS, { token })
        assert.strictEqual(code, 401)
        assert.strictEqual(json()["reason"], "Unauthorized")
      }
    })
  )

  it.live("lets a user do what the rules say, and nothing else", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      assert.strictEqual((yield* call("GET", "/api/v1/namespaces/team/pods", { token: "limited" })).code, 200)
      const refused = yield* call("POST", "/api/v1/namespaces/team/pods", { token: "limited", body: pod("a") })
      assert.strictEqual(refused.code, 403)
      assert.match(String(refused.json()["message"]), /User "limited" cannot create resource "pods"/)
      assert.strictEqual((yield* call("GET", PODS, { token: "limited" })).code, 403)
    })
  )

  it.live("tells a user what it may do", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      const ask = (verb: string) =>
        call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
          token: "limited",
          body: { spec: { resourceAttributes: { namespace: "team", verb, resource: "pods" } } }
        })
      assert.deepStrictEqual((yield* ask("get")).json()["status"], { allowed: true })
      assert.deepStrictEqual((yield* ask("delete")).json()["status"], { allowed: false })
    })
  )

  it.live("tells a user who they are", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
      const { code, json } = yield* call("POST", path, { token: "limited", body: {} })
      assert.strictEqual(code, 201)
      assert.deepStrictEqual(json()["status"], { userInfo: { username: "limited", groups: ["system:authenticated"] } })
    })
  )
})

describe("pods", () => {
  it.live("are created with defaults, read, listed and deleted", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      const created = yield* call("POST", PODS, { body: pod("a", {}, { labels: { x: "1" } }) })
      assert.strictEqual(created.code, 201)
      const { metadata, spec, status } = created.json() as Record<string, Record<string, unknown>>
      assert.strictEqual(metadata?.["namespace"], "default")
      assert.strictEqual(spec?.["terminationGracePeriodSeconds"], 30)
      assert.deepStrictEqual(status, { phase: "Pending", qosClass: "BestEffort" })
      assert.deepStrictEqual((yield* call("GET", `${PODS}/a`)).json(), created.json())
      const listed = (yield* call("GET", `${PODS}?labelSelector=x%3D1`)).json()
      assert.lengthOf(listed["items"] as ReadonlyArray<unknown>, 1)
      assert.lengthOf((yield* call("GET", `${PODS}?labelSelector=x%3D2`)).json()["items"] as ReadonlyArray<unknown>, 0)
      assert.strictEqual((yield* call("DELETE", `${PODS}/a`)).code, 200)
      assert.strictEqual((yield* call("GET", `${PODS}/a`)).code, 404)
    })
  )

  it.live("are refused for unknown fields, a taken name, a missing namespace", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      const odd = { ...pod("a"), spec: { ...pod("a").spec, tolerationz: [] } }
      const strict = yield* call("POST", `${PODS}?fieldValidation=Strict`, { body: odd })
      assert.strictEqual(strict.code, 400)
      assert.include(strict.text, 'unknown field \\"spec.tolerationz\\"')
      const warned = yield* call("POST", PODS, { body: odd })
      assert.strictEqual(warned.code, 201)
      assert.strictEqual(warned.warnings, '299 - "unknown field \\"spec.tolerationz\\""')
      assert.strictEqual((yield* call("POST", PODS, { body: pod("a") })).code, 409)
      assert.strictEqual((yield* call("POST", "/api/v1/namespaces/nope/pods", { body: pod("a") })).code, 404)
      assert.strictEqual((yield* call("POST", PODS, { body: "{" })).code, 400)
      assert.strictEqual((yield* call("POST", PODS, { body: pod("b", {}, { namespace: "team" }) })).code, 400)
      assert.strictEqual((yield* call("POST", PODS, { body: pod("B_") })).code, 422)
    })
  )

  it.live("are not kept by a dry run, and may have their name made", () =>
    Effect.gen(function* () {
      const { call, store } = yield* testServer()
      assert.strictEqual((yield* call("POST", `${PODS}?dryRun=All`, { body: pod("a") })).code, 201)
      assert.lengthOf(store.list("pods"), 0)
      const { metadata } = (yield* call("POST", PODS, { body: pod("", {}, { generateName: "g-" }) })).json()
      assert.match(String((metadata as Record<string, unknown>)["name"]), /^g-[a-z0-9]{5}$/)
    })
  )

  it.live("that run are deleted by a deadline, the shortest wins", () =>
    Effect.gen(function* () {
      const { call, store } = yield* testServer()
      yield* call("POST", PODS, { body: pod("a", { nodeName: "local", terminationGracePeriodSeconds: 20 }) })
      const grace = () => store.get("pods", "default", "a")?.metadata.deletionGracePeriodSeconds
      yield* call("DELETE", `${PODS}/a`)
      assert.strictEqual(grace(), 20)
      yield* call("DELETE", `${PODS}/a`, { body: { gracePeriodSeconds: 40 } })
      assert.strictEqual(grace(), 20)
      yield* call("DELETE", `${PODS}/a?gracePeriodSeconds=5`)
      assert.strictEqual(grace(), 5)
      yield* call("DELETE", `${PODS}/a`, { body: { gracePeriodSeconds: 0 } })
      assert.isUndefined(store.get("pods", "default", "a"))
    })
  )

  it.live("are not deleted when a precondition does not hold", () =>
    Effect.gen(function* () {
      const { call, store } = yield* testServer()
      yield* call("POST", PODS, { body: pod("a") })
      const uid = store.get("pods", "default", "a")?.metadata.uid
      const refused = yield* call("DELETE", `${PODS}/a`, { body: { preconditions: { uid: "x" } } })
      assert.strictEqual(refused.code, 409)
      assert.include(refused.text, `the UID in the precondition (x) does not match the UID in record (${uid})`)
      assert.strictEqual((yield* call("DELETE", `${PODS}/a`, { body: { preconditions: { uid } } })).code, 200)
    })
  )
})

describe("watch", () => {
  const lines = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly type: string; readonly object: Record<string, unknown> })

  it.live("streams what is there, what happens, and ends in time", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      yield* call("POST", PODS, { body: pod("a") })
      const watching = yield* Effect.forkChild(call("GET", `${PODS}?watch=true&timeoutSeconds=3`), {
        startImmediately: true
      })
      yield* call("POST", PODS, { body: pod("b") })
      yield* call("DELETE", `${PODS}/a`)
      const { text } = yield* Fiber.join(watching)
      assert.sameMembers(
        lines(text).map(({ object, type }) => `${type} ${(object["metadata"] as Record<string, unknown>)["name"]}`),
        ["ADDED a", "ADDED b", "DELETED a"]
      )
    })
  )

  it.live("says 410 in the stream when the history is too short", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer(idleRuntime, 2)
      for (const name of ["a", "b", "c"]) yield* call("POST", PODS, { body: pod(name) })
      const [event] = lines((yield* call("GET", `${PODS}?watch=true&resourceVersion=1&timeoutSeconds=5`)).text)
      assert.strictEqual(event?.type, "ERROR")
      assert.strictEqual(event?.object["code"], 410)
    })
  )
})

describe("pods/log", () => {
  it.live("gives the lines that were asked for", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer(loggingRuntime("a", "b", "c"))
      yield* call("POST", PODS, { body: pod("p") })
      assert.strictEqual((yield* call("GET", `${PODS}/p/log`)).text, "a\nb\nc\n")
      assert.strictEqual((yield* call("GET", `${PODS}/p/log?tailLines=2`)).text, "b\nc\n")
      assert.strictEqual((yield* call("GET", `${PODS}/p/log?limitBytes=3`)).text, "a\nb")
      assert.strictEqual((yield* call("GET", `${PODS}/p/log?sinceTime=1970-01-01T00:00:01.9Z`)).text, "b\nc\n")
      assert.match((yield* call("GET", `${PODS}/p/log?timestamps=true`)).text, /^1970-01-01T00:00:00\.000000000Z a\n/)
    })
  )

  it.live("is a bad request while the container waits, or when it is not one", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      yield* call("POST", PODS, { body: pod("p") })
      const message = (path: string) => Effect.map(call("GET", path), ({ json }) => json()["message"])
      assert.strictEqual(
        yield* message(`${PODS}/p/log`),
        'container "main" in pod "p" is waiting to start: ContainerCreating'
      )
      assert.strictEqual(yield* message(`${PODS}/p/log?container=x`), "container x is not valid for pod p")
      assert.strictEqual(yield* message(`${PODS}/q/log`), 'pods "q" not found')
    })
  )
})

describe("other paths", () => {
  it.live("are documents, or refused", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      const table: ReadonlyArray<readonly [string, string, number]> = [
        ["GET", "/version", 200],
        ["GET", "/api", 200],
        ["GET", "/apis", 200],
        ["GET", "/api/v1", 200],
        ["GET", "/readyz", 200],
        ["GET", "/api/v1/namespaces", 200],
        ["POST", "/version", 404],
        ["GET", "/nope", 404],
        ["GET", "/api/v1/nodes", 404],
        ["GET", "/constructor", 404],
        ["PUT", `${PODS}/a`, 405],
        ["DELETE", PODS, 405],
        ["GET", `${PODS}/a/status`, 404],
        ["GET", `${PODS}/a/exec`, 400]
      ]
      for (const [method, path, code] of table) {
        assert.strictEqual((yield* call(method, path)).code, code, `${method} ${path}`)
      }
    })
  )

  it.live("make and remove namespaces with all that is in them", () =>
    Effect.gen(function* () {
      const { call, store } = yield* testServer()
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "new" } }
      assert.strictEqual((yield* call("POST", "/api/v1/namespaces", { body })).code, 201)
      assert.strictEqual((yield* call("POST", "/api/v1/namespaces", { body })).code, 409)
      yield* call("POST", "/api/v1/namespaces/new/pods", { body: pod("a") })
      assert.strictEqual((yield* call("DELETE", "/api/v1/namespaces/new")).code, 200)
      assert.lengthOf(store.list("pods"), 0)
    })
  )
})
