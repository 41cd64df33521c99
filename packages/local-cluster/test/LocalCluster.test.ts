import { request } from "node:https"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LocalCluster } from "../src/LocalCluster.ts"

interface Kubeconfig {
  readonly clusters: ReadonlyArray<{ readonly cluster: Readonly<Record<string, string>> }>
  readonly users: ReadonlyArray<{ readonly user: { readonly token: string } }>
  readonly contexts: ReadonlyArray<{ readonly context: { readonly namespace: string } }>
}

/** The code of a GET by what a kubeconfig says alone. */
const get = (kubeconfig: string, path: (namespace: string) => string): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    const { clusters, contexts, users } = JSON.parse(kubeconfig) as Kubeconfig
    const cluster = clusters[0]?.cluster ?? {}
    const outgoing = request(
      `${cluster["server"]}${path(contexts[0]?.context.namespace ?? "")}`,
      {
        ca: Buffer.from(cluster["certificate-authority-data"] ?? "", "base64"),
        headers: { authorization: `Bearer ${users[0]?.user.token}` },
        agent: false
      },
      (response) => {
        response.resume()
        resume(Effect.succeed(response.statusCode ?? 0))
      }
    )
    outgoing.on("error", (error) => resume(Effect.die(error)))
    outgoing.end()
  })

describe("LocalCluster", () => {
  it.live("is found by its kubeconfigs, each with its own rights", () =>
    Effect.gen(function* () {
      const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }]
      const cluster = yield* LocalCluster.start({ users: [{ name: "reader", namespace: "team", rules }] })
      assert.match(cluster.server, /^https:\/\/127\.0\.0\.1:\d+$/)
      const reader = cluster.userKubeconfigs["reader"] ?? ""
      assert.strictEqual(yield* get(cluster.kubeconfig, (namespace) => `/api/v1/namespaces/${namespace}/pods`), 200)
      assert.strictEqual(yield* get(cluster.kubeconfig, () => "/api/v1/namespaces/team"), 200)
      assert.strictEqual(yield* get(reader, (namespace) => `/api/v1/namespaces/${namespace}/pods`), 200)
      assert.strictEqual(yield* get(reader, () => "/api/v1/namespaces/default/pods"), 403)
    })
  )

  for (const address of ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.example.com"]) {
    it.live(`does not listen on ${address}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(LocalCluster.start({ address }))
        assert.strictEqual(error.reason._tag, "AddressRefused")
        assert.include(error.message, `use 127.0.0.1 or ::1, not ${address}`)
      })
    )
  }

  it.live("says which port it cannot have", () =>
    Effect.gen(function* () {
      const port = Number(new URL((yield* LocalCluster.start()).server).port)
      const error = yield* Effect.flip(LocalCluster.start({ port }))
      assert.strictEqual(error.reason._tag, "ListenFailed")
      assert.include(error.message, `cannot listen on 127.0.0.1 port ${port}`)
    })
  )
})
