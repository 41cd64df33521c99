import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type HEAVY, heavyModules, loadedModules, packageOf } from "../src/LoadedModules.ts"

const REPOSITORY = join(import.meta.dirname, "../../..")
const CLI = ["--conditions=@podwright/source", join(REPOSITORY, "apps/cli/src/main.ts")]

type Heavy = (typeof HEAVY)[number]

/** A file of this text, and the folder's path, for as long as the scope lives. */
const taskFile = (text: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "podwright-loaded-"))
      await writeFile(join(folder, "task.yaml"), text)
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )

/** An API server that lets nobody create pods, so that a run ends with its first request. */
const refusing = Effect.acquireRelease(
  Effect.promise(async () => {
    const seen: Array<string> = []
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`)
      const [code, reason] = request.method === "POST" ? [403, "Forbidden"] : [404, "NotFound"]
      const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason, message: "no", code }
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(status))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { server, seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }),
  ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
)

const heavyOf = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.promise(() => loadedModules([...CLI, ...args])),
    (loaded) => {
      assert.isAbove(loaded.get("effect") ?? 0, 0)
      return heavyModules(loaded)
    }
  )

const kubeconfig = (server: string, user: object) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }]
  })

describe("the CLI loads", () => {
  const nothing: ReadonlyArray<ReadonlyArray<string>> = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["render", "--help"]
  ]
  for (const args of nothing)
    it.live(`nothing heavy for ${args.join(" ")}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* heavyOf(...args), [])
      })
    )

  const rendered: ReadonlyArray<readonly [string, string, ReadonlyArray<Heavy>]> = [
    ["YAML alone to render a file", "image: busybox\ncommands: [echo]\n", ["yaml"]],
    ["no more where a file has plain expressions", `image: busybox\ncommands: ["echo {{ taskrun.id }}"]\n`, ["yaml"]],
    [
      "Temporal where an expression has to do with dates",
      `image: busybox\ncommands: ["echo {{ now() | date('yyyy') }}"]\n`,
      ["temporal-polyfill", "yaml"]
    ],
    [
      "jq where an expression asks for it",
      `image: busybox\ncommands: ["echo {{ task | jqFirst('.id') }}"]\n`,
      ["jq-web", "yaml"]
    ],
    [
      "RE2 where an expression has a regular expression",
      `image: busybox\ncommands: ["echo {{ 'a1b' | split('[0-9]') }}"]\n`,
      ["re2js", "yaml"]
    ]
  ]
  for (const [what, text, expected] of rendered)
    it.live(what, () =>
      Effect.gen(function* () {
        const folder = yield* taskFile(text)
        assert.sameMembers([...(yield* heavyOf("render", join(folder, "task.yaml")))], [...expected])
      }).pipe(Effect.scoped)
    )

  it.live("no client for a run whose file is wrong", () =>
    Effect.gen(function* () {
      const folder = yield* taskFile("image: busybox\ncomands: [echo]\n")
      const heavy = yield* heavyOf("run", join(folder, "task.yaml"))
      assert.sameMembers([...heavy], ["yaml", "@podwright/k8s-io", "@podwright/runner"])
    }).pipe(Effect.scoped)
  )

  it.live("client-node for plugins alone, and no key stores, certificates or sockets for a first request", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* refusing
      const config = `{ inherit: false, masterUrl: "${url}", oauthToken: t }`
      const given = yield* taskFile(`image: busybox\ncommands: [echo]\nrunner:\n  config: ${config}\n`)
      const own = ["yaml", "undici", "@podwright/k8s-io", "@podwright/runner"]
      assert.sameMembers([...(yield* heavyOf("run", join(given, "task.yaml")))], own)
      assert.isTrue(seen.some((request) => request.startsWith("POST ")))

      const inherited = yield* taskFile("image: busybox\ncommands: [echo]\n")
      const heavyAs = (user: object) => {
        const path = join(inherited, "kubeconfig")
        return Effect.andThen(
          Effect.promise(() => writeFile(path, kubeconfig(url, user))),
          heavyOf("run", join(inherited, "task.yaml"), "--kubeconfig", path)
        )
      }
      assert.sameMembers([...(yield* heavyAs({ token: "t" }))], own)
      const credential = JSON.stringify({ status: { token: "t" } })
      const plugin = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: [credential] }
      // client-node brings `ws` along.
      assert.sameMembers([...(yield* heavyAs({ exec: plugin }))], [...own, "@kubernetes/client-node", "ws"])
    }).pipe(Effect.scoped)
  )
})

describe("packageOf", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["file:///r/node_modules/.pnpm/ws@8/node_modules/ws/lib/a.js", "ws"],
    ["file:///r/node_modules/.pnpm/x/node_modules/@kubernetes/client-node/dist/index.js", "@kubernetes/client-node"],
    ["file:///r/packages/k8s-io/src/index.ts", "@podwright/k8s-io"],
    ["file:///r/apps/cli/dist/main.js", "@podwright/cli"],
    ["node:fs", undefined]
  ]
  for (const [url, name] of cases) it(url, () => assert.strictEqual(packageOf(url), name))
})
