import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { pod, testServer } from "../support/TestServer.ts"

const PODS = "/api/v1/namespaces/default/pods"
const JSON_PATCH = "application/json-patch+json"
const MERGE_PATCH = "application/merge-patch+json"
const STRATEGIC = "application/strategic-merge-patch+json"

const given = { labels: { app: "a" }, annotations: { "x/y": "1" } }

/** A server with the pod `a`, patched once. */
const patched = Effect.fnUntraced(function* (contentType: string, body: unknown) {
  const { call } = yield* testServer()
  const before = (yield* call("POST", PODS, { body: pod("a", {}, given) })).json()
  const reply = yield* call("PATCH", `${PODS}/a`, { body, contentType })
  const after = (yield* call("GET", `${PODS}/a`)).json()
  return { before, reply, after }
})

describe("patches of a pod", () => {
  const changes: ReadonlyArray<readonly [string, string, unknown, unknown]> = [
    [
      "a JSON patch whose test holds",
      JSON_PATCH,
      [
        { op: "test", path: "/metadata/annotations/x~1y", value: "1" },
        { op: "replace", path: "/metadata/annotations/x~1y", value: "2" }
      ],
      { labels: { app: "a" }, annotations: { "x/y": "2" } }
    ],
    [
      "a JSON patch that removes",
      JSON_PATCH,
      [{ op: "remove", path: "/metadata/annotations/x~1y" }],
      { labels: { app: "a" }, annotations: {} }
    ],
    [
      "a merge patch",
      MERGE_PATCH,
      { metadata: { labels: { app: null, tier: "b" } } },
      { labels: { tier: "b" }, annotations: { "x/y": "1" } }
    ],
    [
      "what kubectl annotate sends",
      STRATEGIC,
      { metadata: { annotations: { z: "3" } } },
      { labels: { app: "a" }, annotations: { "x/y": "1", z: "3" } }
    ]
  ]
  for (const [what, contentType, body, expected] of changes) {
    it.live(`${what} is carried out`, () =>
      Effect.gen(function* () {
        const { after, before, reply } = yield* patched(contentType, body)
        assert.strictEqual(reply.code, 200)
        assert.deepStrictEqual(reply.json(), after)
        const { annotations, labels, resourceVersion, ...metadata } = after["metadata"] as Record<string, unknown>
        assert.deepStrictEqual({ labels, annotations }, expected)
        const { annotations: _a, labels: _l, resourceVersion: earlier, ...rest } = before["metadata"] as typeof metadata
        assert.isAbove(Number(resourceVersion), Number(earlier))
        assert.deepStrictEqual([metadata, after["spec"], after["status"]], [rest, before["spec"], before["status"]])
      })
    )
  }

  const refusals: ReadonlyArray<readonly [string, string, unknown, number, string]> = [
    [
      "a test that does not hold",
      JSON_PATCH,
      [
        { op: "test", path: "/metadata/annotations/x~1y", value: "0" },
        { op: "replace", path: "/metadata/annotations/x~1y", value: "2" }
      ],
      422,
      "rejected our request"
    ],
    ["an operation that does not exist", JSON_PATCH, [{ op: "melt", path: "/metadata" }], 422, "rejected our request"],
    ["a JSON patch that is no list", JSON_PATCH, {}, 400, "list of operations"],
    ["an earlier resourceVersion", MERGE_PATCH, { metadata: { resourceVersion: "1" } }, 409, "has been modified"],
    ["another pod's uid", MERGE_PATCH, { metadata: { uid: "other" } }, 409, "has been modified"],
    ["a change of the spec", MERGE_PATCH, { spec: { nodeName: "n" } }, 422, "spec: Forbidden"],
    ["a label that cannot be", MERGE_PATCH, { metadata: { labels: { a: "b c" } } }, 422, "metadata.labels"],
    ["an annotation that is no text", MERGE_PATCH, { metadata: { annotations: { a: 1 } } }, 400, "cannot unmarshal"],
    ["a directive", STRATEGIC, { metadata: { $patch: "replace" } }, 415, "unknown format"],
    ["server-side apply", "application/apply-patch+yaml", {}, 415, "unknown format"]
  ]
  for (const [what, contentType, body, code, word] of refusals) {
    it.live(`${what} is refused and changes nothing`, () =>
      Effect.gen(function* () {
        const { after, before, reply } = yield* patched(contentType, body)
        assert.strictEqual(reply.code, code, reply.text)
        assert.include(reply.text, word)
        assert.deepStrictEqual(after, before)
      })
    )
  }

  it.live("a pod that is not there cannot be patched", () =>
    Effect.gen(function* () {
      const { call } = yield* testServer()
      assert.strictEqual((yield* call("PATCH", `${PODS}/a`, { body: {}, contentType: MERGE_PATCH })).code, 404)
    })
  )
})
