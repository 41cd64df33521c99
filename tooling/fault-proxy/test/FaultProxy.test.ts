import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { EXPIRED_LINE, type Fault, INJECTED } from "../src/Fault.ts"
import { startFaultProxy } from "../src/FaultProxy.ts"
import { accessOf, ask, exec } from "./support/Client.ts"
import { EXEC_FRAME, POD, smallServer, WATCH_LINE } from "./support/SmallServer.ts"

const PODS = "/api/v1/namespaces/team/pods"
const LOG_BYTES = 100_000

/** A small server, and a proxy before it that does one thing to every request. */
const behind = Effect.fnUntraced(function* (fault?: Fault, logBytes = LOG_BYTES) {
  const server = yield* smallServer(logBytes)
  const plan = fault === undefined ? {} : { script: [{ fault }] }
  const proxy = yield* startFaultProxy({ kubeconfig: server.kubeconfig, plan })
  return { server, proxy, access: accessOf(proxy.kubeconfig) }
})

const fired = (proxy: { readonly fired: () => ReadonlyArray<{ readonly fault: Fault }> }) =>
  proxy.fired().map(({ fault }) => fault._tag)

describe("FaultProxy", () => {
  it.live("forwards requests and execs as they are, with the credentials of the kubeconfig", () =>
    Effect.gen(function* () {
      const { access, proxy, server } = yield* behind()
      const [get, post, log, stream] = yield* Effect.promise(() =>
        Promise.all([
          ask(access, `${PODS}/one`),
          ask(access, PODS, { method: "POST" }),
          ask(access, `${PODS}/one/log`),
          exec(access, `${PODS}/one/exec`, ["write"])
        ])
      )
      assert.deepStrictEqual([get.code, get.body, get.end], [200, POD, "whole"])
      assert.deepStrictEqual([post.code, post.body, post.end], [201, POD, "whole"])
      assert.deepStrictEqual([log.body.length, log.end], [LOG_BYTES, "whole"])
      assert.deepStrictEqual(stream.stdout, 20 * (EXEC_FRAME - 1))
      assert.include(stream.status as object, { real: true })
      assert.strictEqual(stream.code, 1000)
      assert.deepStrictEqual(new Set(server.tokens), new Set(["Bearer real-token"]))
      assert.deepStrictEqual(fired(proxy), [])
      assert.strictEqual(proxy.requests(), 4)
    }).pipe(Effect.scoped)
  )

  it.live("keeps out whoever has not read its kubeconfig", () =>
    Effect.gen(function* () {
      const { access, server } = yield* behind()
      const stranger = { ...access, token: "guess" }
      const [get, stream] = yield* Effect.promise(() =>
        Promise.all([ask(stranger, `${PODS}/one`), exec(stranger, `${PODS}/one/exec`, [])])
      )
      assert.strictEqual(get.code, 401)
      assert.strictEqual(stream.refused, 401)
      assert.deepStrictEqual(server.asked, [])
    }).pipe(Effect.scoped)
  )

  const refusals: ReadonlyArray<Extract<Fault, { readonly _tag: "Refuse" }>> = [
    { _tag: "Refuse", code: 401 },
    { _tag: "Refuse", code: 403 },
    { _tag: "Refuse", code: 410 },
    { _tag: "Refuse", code: 429, retryAfterSeconds: 7 },
    { _tag: "Refuse", code: 500 },
    { _tag: "Refuse", code: 503 }
  ]
  for (const fault of refusals)
    it.live(`answers ${fault.code} to requests and upgrades without asking the cluster`, () =>
      Effect.gen(function* () {
        const { access, proxy, server } = yield* behind(fault)
        const post = yield* Effect.promise(() => ask(access, PODS, { method: "POST" }))
        assert.deepStrictEqual([post.code, JSON.parse(post.body).message], [fault.code, INJECTED])
        assert.strictEqual(post.headers["retry-after"], fault.retryAfterSeconds?.toString())
        const upgrade = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, []))
        assert.strictEqual(upgrade.refused, fault.code)
        assert.deepStrictEqual(server.asked, [])
        assert.deepStrictEqual(fired(proxy), ["Refuse", "Refuse"])
      }).pipe(Effect.scoped)
    )

  it.live("loses a request before, and a reply after the cluster has seen it", () =>
    Effect.gen(function* () {
      for (const _tag of ["LoseRequest", "LoseReply"] as const) {
        const { access, server } = yield* behind({ _tag })
        const post = yield* Effect.promise(() => ask(access, PODS, { method: "POST" }))
        assert.deepStrictEqual([post.code, post.end], [undefined, "ECONNRESET"])
        const upgrade = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, ["write"]))
        assert.deepStrictEqual([upgrade.code, upgrade.stdout], [1006, 0])
        assert.strictEqual(server.asked.length, _tag === "LoseRequest" ? 0 : 2)
      }
    }).pipe(Effect.scoped)
  )

  for (const how of ["reset", "end"] as const)
    it.live(`cuts a body at a byte (${how})`, () =>
      Effect.gen(function* () {
        const { access, proxy } = yield* behind({ _tag: "Cut", how, afterBytes: 70_001 })
        const log = yield* Effect.promise(() => ask(access, `${PODS}/one/log`))
        assert.strictEqual(log.end, "ECONNRESET")
        // RST takes with it what the other side has not read yet.
        if (how === "end") assert.strictEqual(log.body.length, 70_001)
        else assert.isAtMost(log.body.length, 70_001)
        assert.deepStrictEqual(fired(proxy), ["Cut"])
      }).pipe(Effect.scoped)
    )

  it.live("cuts an exec in the middle of a frame, either way", () =>
    Effect.gen(function* () {
      const down = yield* behind({ _tag: "Cut", how: "end", afterBytes: 5500 })
      const wrote = yield* Effect.promise(() => exec(down.access, `${PODS}/one/exec`, ["write"]))
      assert.deepStrictEqual([wrote.code, wrote.stdout, wrote.status], [1006, 5 * (EXEC_FRAME - 1), undefined])
      const up = yield* behind({ _tag: "Cut", how: "reset", direction: "up", afterBytes: 50_000 })
      const echo = yield* Effect.promise(() =>
        exec(up.access, `${PODS}/one/exec`, [Buffer.alloc(20_000), Buffer.alloc(40_000)])
      )
      assert.strictEqual(echo.code, 1006)
      assert.deepStrictEqual(fired(up.proxy), ["Cut"])
    }).pipe(Effect.scoped)
  )

  it.live("leaves the cluster's side of a cut open for a while", () =>
    Effect.gen(function* () {
      const { access, server } = yield* behind({ _tag: "Cut", how: "reset", lingerMillis: 600_000 })
      const cut = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, []))
      assert.strictEqual(cut.code, 1006)
      assert.strictEqual(server.execs(), 1)
    }).pipe(Effect.scoped)
  )

  it.live("cuts after a time", () =>
    Effect.gen(function* () {
      const { access } = yield* behind({ _tag: "Cut", how: "end", afterMillis: 20 })
      assert.strictEqual((yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, []))).code, 1006)
      const watch = yield* Effect.promise(() => ask(access, `${PODS}?watch=1`))
      assert.deepStrictEqual([watch.code, watch.end], [200, "ECONNRESET"])
    }).pipe(Effect.scoped)
  )

  it.live("truncates an answer so that it looks whole", () =>
    Effect.gen(function* () {
      const { access } = yield* behind({ _tag: "Truncate", afterBytes: 500 })
      const get = yield* Effect.promise(() => ask(access, `${PODS}/one`))
      assert.deepStrictEqual([get.code, get.body, get.end], [200, POD.slice(0, 500), "whole"])
      // The empty frame is 3 bytes, then come frames of 4 + 1000; the first end at or after 500 is
      // the next one's.
      const ended = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, ["write"]))
      assert.deepStrictEqual([ended.stdout, ended.status, ended.code], [EXEC_FRAME - 1, undefined, 1000])
    }).pipe(Effect.scoped)
  )

  it.live("ends an exec early with success", () =>
    Effect.gen(function* () {
      const { access } = yield* behind({ _tag: "FalseSuccess", afterBytes: 10_000 })
      const ended = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, ["write"]))
      assert.deepStrictEqual(ended.status, { metadata: {}, status: "Success" })
      assert.deepStrictEqual([ended.stdout, ended.code], [10 * (EXEC_FRAME - 1), 1000])
    }).pipe(Effect.scoped)
  )

  it.live("tells a watch 410 between two of its lines", () =>
    Effect.gen(function* () {
      const { access } = yield* behind({ _tag: "Expire", afterBytes: WATCH_LINE.length + 1 })
      const watch = yield* Effect.promise(() => ask(access, `${PODS}?watch=true`))
      assert.deepStrictEqual([watch.body, watch.end], [WATCH_LINE + WATCH_LINE + EXPIRED_LINE, "whole"])
    }).pipe(Effect.scoped)
  )

  it.live("stalls for a while and loses nothing by it", () =>
    Effect.gen(function* () {
      const { access, proxy } = yield* behind({ _tag: "Stall", forMillis: 50, afterBytes: 30_000 })
      const log = yield* Effect.promise(() => ask(access, `${PODS}/one/log`))
      assert.deepStrictEqual([log.body.length, log.end], [LOG_BYTES, "whole"])
      const wrote = yield* Effect.promise(() => exec(access, `${PODS}/one/exec`, [Buffer.alloc(50_000, "e"), "write"]))
      assert.deepStrictEqual([wrote.stdout, wrote.code], [50_000 + 20 * (EXEC_FRAME - 1), 1000])
      assert.deepStrictEqual(fired(proxy), ["Stall", "Stall"])
    }).pipe(Effect.scoped)
  )

  it.live("can be closed while a stall goes on", () =>
    Effect.gen(function* () {
      const { stalled } = yield* Effect.gen(function* () {
        const { access, proxy } = yield* behind({ _tag: "Stall", afterBytes: 100 })
        const stalled = exec(access, `${PODS}/one/exec`, ["write"])
        while (proxy.fired().length === 0) yield* Effect.sleep(5)
        return { stalled }
      }).pipe(Effect.scoped)
      assert.strictEqual((yield* Effect.promise(() => stalled)).code, 1006)
    })
  )

  it.live("hands on how the cluster itself refuses an upgrade", () =>
    Effect.gen(function* () {
      const { access } = yield* behind()
      assert.strictEqual((yield* Effect.promise(() => exec(access, `${PODS}/refused/exec`, []))).refused, 404)
    }).pipe(Effect.scoped)
  )

  it.live("is as slow as the slower side and then loses nothing", () =>
    Effect.gen(function* () {
      const bytes = 64 * 1024 * 1024
      const { access, server } = yield* behind(undefined, bytes)
      const log = yield* Effect.promise(() => {
        // Reads nothing until the server has been stopped for a while: its bytes are in buffers
        // then, and few.
        const stopped = async () => {
          for (let before = -1; server.logged() === 0 || server.logged() !== before; ) {
            before = server.logged()
            await new Promise((resolve) => setTimeout(resolve, 200))
          }
          assert.isBelow(server.logged(), bytes / 2)
        }
        return ask(access, `${PODS}/one/log`, { until: stopped() })
      })
      assert.deepStrictEqual([log.body.length, log.end], [bytes, "whole"])
    }).pipe(Effect.scoped)
  )
})
