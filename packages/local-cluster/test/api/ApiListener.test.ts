import { request } from "node:https"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ListenOptions, listenTogether } from "../../src/api/ApiListener.ts"
import { makeCertificate } from "../../src/api/Certificate.ts"

const ADDRESS = "127.0.0.1"

const listen = (name: string, options: Partial<ListenOptions> = {}) =>
  Effect.gen(function* () {
    const certificate = options.certificate ?? (yield* makeCertificate)
    return yield* listenTogether(
      { address: ADDRESS, port: 0, ...options, certificate },
      (_request, response) => response.end(name),
      () => {}
    )
  })

/** On a connection of its own. */
const ask = (url: string) =>
  Effect.callback<string, Error>((resume) => {
    const outgoing = request(url, { agent: false, rejectUnauthorized: false }, (response) => {
      let said = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        said += chunk
      })
      response.on("end", () => resume(Effect.succeed(said)))
    })
    outgoing.on("error", (error) => resume(Effect.fail(error)))
    outgoing.end()
  })

describe("listenTogether", () => {
  it.live("gives each of many that start at once a port of its own", () =>
    Effect.gen(function* () {
      const certificate = yield* makeCertificate
      const names = Array.from({ length: 50 }, (_, index) => String(index))
      const urls = yield* Effect.forEach(names, (name) => listen(name, { certificate }), { concurrency: "unbounded" })
      assert.strictEqual(new Set(urls).size, names.length)
    })
  )

  it.live("answers on every socket of the port", () =>
    Effect.gen(function* () {
      const url = yield* listen("here")
      // The kernel draws one of sixteen for each.
      const answers = yield* Effect.forEach(Array.from({ length: 200 }), () => ask(url), { concurrency: 20 })
      assert.deepStrictEqual(new Set(answers), new Set(["here"]))
    })
  )

  it.live("takes no port that another listens on", () =>
    Effect.gen(function* () {
      const url = yield* listen("first")
      const port = Number(new URL(url).port)
      const { reason } = yield* Effect.flip(listen("second", { port }))
      assert.deepInclude(reason, { _tag: "ListenFailed", address: ADDRESS, port })
      assert.strictEqual(yield* ask(url), "first")
    })
  )

  it.live("frees its port and ends its connections with its scope", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Effect.tap(listen("first"), ask))
      assert.match((yield* Effect.flip(ask(url))).message, /ECONNREFUSED/)
      const port = Number(new URL(url).port)
      assert.strictEqual(yield* listen("second", { port }), url)
      assert.strictEqual(yield* ask(url), "second")
    })
  )
})
