/** Reviews against a fake API server: what is asked, and what becomes of each answer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { permissions } from "../../src/access/Access.ts"
import { AccessReview } from "../../src/access/AccessReview.ts"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import { type FakeApi, fakeApi, type Handlers } from "../support/FakeApiServer.ts"

const withReview = <A, E, R>(
  request: Handlers["request"] & {},
  test: (review: AccessReview["Service"], api: FakeApi) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const api = yield* fakeApi({ request })
    const context = yield* Layer.build(
      AccessReview.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
    )
    return yield* Effect.flatMap(AccessReview, (review) => test(review, api)).pipe(Effect.provideContext(context))
  })

const attributesOf = (
  body: string
): { readonly verb: string; readonly resource: string; readonly subresource?: string } =>
  JSON.parse(body).spec.resourceAttributes

describe("review", () => {
  it.effect("asks for every permission of the table, and gives the answers in its order", () =>
    withReview(
      (asked, answer) => {
        const { subresource, verb } = attributesOf(asked.body)
        answer.json(201, { status: { allowed: subresource === undefined, reason: `${verb} by rule` } })
      },
      Effect.fnUntraced(function* (review, api) {
        const reviewed = yield* review.review("team")
        assert.deepStrictEqual(
          reviewed.map(({ allowed, permission, reason }) => [permission, allowed, reason]),
          permissions.map((permission) => [
            permission,
            !permission.resource.includes("/"),
            `${permission.verb} by rule`
          ])
        )
        assert.deepStrictEqual(
          new Set(api.asked.map(({ method, path }) => `${method} ${path}`)),
          new Set(["POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"])
        )
        assert.deepInclude(
          api.asked.map(({ body }) => JSON.parse(body)),
          {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            spec: {
              resourceAttributes: {
                namespace: "team",
                verb: "create",
                group: "",
                resource: "pods",
                subresource: "exec"
              }
            }
          }
        )
      })
    )
  )
  it.effect("does not take an answer without a verdict for a yes or a no", () =>
    withReview(
      (_asked, answer) => answer.json(201, { status: {} }),
      Effect.fnUntraced(function* (review) {
        assert.strictEqual((yield* Effect.flip(review.review("team"))).reason._tag, "Protocol")
      })
    )
  )
})

describe("username and version", () => {
  it.effect("are what the server says", () =>
    withReview(
      (asked, answer) =>
        asked.path === "/version"
          ? answer.json(200, { major: "1", minor: "35", gitVersion: "v1.35.4" })
          : answer.json(201, { status: { userInfo: { username: "jane", groups: ["g"] } } }),
      Effect.fnUntraced(function* (review, api) {
        assert.strictEqual((yield* review.version).gitVersion, "v1.35.4")
        assert.strictEqual(yield* review.username, "jane")
        assert.strictEqual(api.asked[1]?.path, "/apis/authentication.k8s.io/v1/selfsubjectreviews")
      })
    )
  )
  it.effect("a server that has no such review says so", () =>
    withReview(
      (_asked, answer) => answer.status(404, { reason: "NotFound", message: "the server could not find it" }),
      Effect.fnUntraced(function* (review) {
        assert.strictEqual((yield* Effect.flip(review.username)).reason._tag, "NotFound")
      })
    )
  )
})
