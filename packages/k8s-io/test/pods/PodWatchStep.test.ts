/** List+watch, step by step. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, HashMap, Schema } from "effect"
import { KubeError } from "../../src/error/KubeError.ts"
import type { KubeReason } from "../../src/error/KubeReason.ts"
import type { Pod } from "../../src/pods/Pod.ts"
import {
  backoff,
  backoffLongest,
  backoffReset,
  initialState,
  jittered,
  relistAfterFailures,
  step,
  type WatchInput,
  type WatchState
} from "../../src/pods/PodWatchStep.ts"
import { pod } from "../support/pods.ts"

const failed = (reason: KubeReason, openFor = 0, heard = false): WatchInput => ({
  _tag: "Failed",
  error: new KubeError({ operation: "PodWatch.changes", subject: {}, reason }),
  openFor,
  heard
})
const cut = failed({ _tag: "Cut", detail: "reset" })
const changed = (one: Pod): WatchInput => ({ _tag: "Line", line: { _tag: "Changed", pod: one } })
const removed = (one: Pod): WatchInput => ({ _tag: "Line", line: { _tag: "Removed", pod: one } })
const refused = (code: number, reason: string, retryAfterSeconds?: number): WatchInput => ({
  _tag: "Line",
  line: {
    _tag: "Refused",
    status: {
      status: "Failure",
      code,
      reason,
      ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } })
    }
  }
})
const listed = (items: ReadonlyArray<Pod>, resourceVersion: string): WatchInput => ({
  _tag: "Listed",
  items,
  resourceVersion
})
const watching = (...items: ReadonlyArray<Pod>): WatchState => step(initialState, listed(items, "10")).state
const a = pod({ name: "a", version: "1" })
const b = pod({ name: "b", version: "2" })

describe("listing", () => {
  it("tells of all pods and watches from the list's version", () => {
    const { changes, next } = step(initialState, listed([a, b], "10"))
    assert.deepStrictEqual(changes, [
      { _tag: "Present", pod: a },
      { _tag: "Present", pod: b }
    ])
    assert.deepStrictEqual(next, { _tag: "Watch", resourceVersion: "10", delay: 0 })
  })
  it("after 410 tells of missed deletions, of what changed, and of nothing else", () => {
    const gone = step(watching(a, b), refused(410, "Expired"))
    assert.deepStrictEqual(gone.next, { _tag: "List", delay: 0 })
    const c = pod({ name: "c", version: "30" })
    const again = step(gone.state, listed([b, c], "40"))
    assert.deepStrictEqual(again.changes, [
      { _tag: "Deleted", pod: a },
      { _tag: "Present", pod: c }
    ])
  })
  it("takes a pod with a new UID for another pod", () => {
    const successor = pod({ name: "a", uid: "other", version: "9" })
    const gone = step(watching(a), refused(410, "Gone"))
    assert.deepStrictEqual(step(gone.state, listed([successor], "40")).changes, [
      { _tag: "Deleted", pod: a },
      { _tag: "Present", pod: successor }
    ])
  })
  it("a second 410 in a row waits", () => {
    const once = step(watching(a), refused(410, "Expired"))
    const twice = step(step(once.state, listed([a], "11")).state, refused(410, "Expired"))
    assert.deepStrictEqual(twice.next, { _tag: "List", delay: backoff(1) })
  })
})

describe("watching", () => {
  it("goes on from the version of the last line, bookmarks included", () => {
    const one = step(watching(a), changed(pod({ name: "a", version: "11" })))
    assert.deepStrictEqual(one.next, { _tag: "Read" })
    const two = step(one.state, { _tag: "Line", line: { _tag: "Bookmark", resourceVersion: "15" } })
    assert.deepStrictEqual(two.changes, [])
    assert.deepStrictEqual(step(two.state, { _tag: "StreamEnded", openFor: 290_000, heard: true }).next, {
      _tag: "Watch",
      resourceVersion: "15",
      delay: 0
    })
  })
  it("forgets a removed pod and goes on from the deletion's version", () => {
    const last = pod({ name: "a", version: "12" })
    const { state, changes } = step(watching(a), removed(last))
    assert.deepStrictEqual(changes, [{ _tag: "Deleted", pod: last }])
    assert.isTrue(state._tag === "Watching" && state.resourceVersion === "12" && HashMap.isEmpty(state.known))
  })
  it("backs off from a server that ends empty streams", () => {
    assert.deepStrictEqual(step(watching(a), { _tag: "StreamEnded", openFor: 5, heard: false }).next, {
      _tag: "Watch",
      resourceVersion: "10",
      delay: backoff(1)
    })
  })
  it("waits as long as the server asks", () => {
    assert.deepStrictEqual(step(watching(a), refused(429, "TooManyRequests", 7)).next, {
      _tag: "Watch",
      resourceVersion: "10",
      delay: 7_000
    })
    const asked = failed({ _tag: "TooManyRequests", detail: "x", retryAfterSeconds: 3 })
    assert.deepStrictEqual(step(watching(a), asked).next, { _tag: "Watch", resourceVersion: "10", delay: 3_000 })
  })
  it("lists again after repeated failure, keeping what it knows", () => {
    let state = watching(a)
    for (let failures = 1; failures < relistAfterFailures; failures++) {
      const result = step(state, cut)
      assert.deepStrictEqual(result.next, { _tag: "Watch", resourceVersion: "10", delay: backoff(failures) })
      state = result.state
    }
    const last = step(state, cut)
    assert.deepStrictEqual(last.next, { _tag: "List", delay: backoff(relistAfterFailures) })
    assert.deepStrictEqual(step(last.state, listed([], "20")).changes, [{ _tag: "Deleted", pod: a }])
  })
  it("a line, or two minutes of health, ends the count", () => {
    const twice = step(step(watching(a), cut).state, cut).state
    assert.strictEqual(step(twice, changed(a)).state.failures, 0)
    assert.strictEqual(step(twice, failed({ _tag: "Cut", detail: "x" }, backoffReset)).state.failures, 1)
  })
  it("an unknown line ends the stream, not the watch", () => {
    const { next } = step(watching(a), { _tag: "Line", line: { _tag: "Unknown" } })
    assert.deepStrictEqual(next, { _tag: "Watch", resourceVersion: "10", delay: backoff(1) })
  })
  it.each([
    ["Forbidden", { _tag: "Forbidden", verb: "watch", resource: "pods", namespace: "team", detail: "" }, "Stop"],
    ["Unauthorized", { _tag: "Unauthorized", detail: "x" }, "Stop"],
    ["Config", { _tag: "Config", detail: "x" }, "Stop"],
    ["Gone", { _tag: "Gone", detail: "x" }, "List"],
    ["Unreachable", { _tag: "Unreachable", address: "a", detail: "x" }, "Watch"],
    ["ServerError", { _tag: "ServerError", code: 500, detail: "x" }, "Watch"],
    ["Protocol", { _tag: "Protocol", detail: "a line that is not JSON" }, "Watch"]
  ] as const)("%s", (_name, reason, next) => {
    assert.strictEqual(step(watching(a), failed(reason)).next._tag, next)
  })
})

describe("backoff", () => {
  it("doubles from 0.8 s to 30 s", () => {
    assert.deepStrictEqual([0, 1, 2, 3, 6, 7, 1000].map(backoff), [
      0,
      800,
      1600,
      3200,
      25_600,
      backoffLongest,
      backoffLongest
    ])
  })
  it("is spread over once to twice", () => {
    assert.deepStrictEqual([jittered(800, 0), jittered(800, 0.5)], [800, 1200])
  })
})

describe("any history", () => {
  const Happening = Schema.Struct({
    kind: Schema.Literals(["put", "remove", "410", "cut", "ended"]),
    name: Schema.Literals(["a", "b", "c"]),
    heard: Schema.Boolean
  })
  it.effect.prop("ends with followers knowing what the server knows", [Schema.Array(Happening)], ([history]) =>
    Effect.sync(() => {
      const server = new Map<string, Pod>()
      const told = new Map<string, Pod>()
      let version = 100
      let state = initialState
      const feed = (input: WatchInput) => {
        const result = step(state, input)
        state = result.state
        for (const change of result.changes) {
          if (change._tag === "Present") told.set(change.pod.metadata.name, change.pod)
          else if (told.get(change.pod.metadata.name)?.metadata.uid === change.pod.metadata.uid)
            told.delete(change.pod.metadata.name)
        }
        if (result.next._tag === "List") feed(listed([...server.values()], String(version)))
      }
      feed(listed([], String(version)))
      for (const { kind, name, heard } of history) {
        version++
        if (kind === "put") {
          const uid = server.get(name)?.metadata.uid ?? `${name}-${version}`
          const next = pod({ name, uid, version: String(version) })
          server.set(name, next)
          // not heard: lost with the stream, to be found by the next list
          if (heard) feed(changed(next))
        } else if (kind === "remove") {
          const last = server.get(name)
          server.delete(name)
          if (last !== undefined && heard) feed(removed(last))
        } else if (kind === "410") feed(refused(410, "Expired"))
        else feed(kind === "cut" ? cut : { _tag: "StreamEnded", openFor: 1, heard })
      }
      feed(refused(410, "Expired"))
      assert.deepStrictEqual([...told.keys()].sort(), [...server.keys()].sort())
      for (const [name, one] of server)
        assert.strictEqual(told.get(name)?.metadata.resourceVersion, one.metadata.resourceVersion)
    })
  )
})
