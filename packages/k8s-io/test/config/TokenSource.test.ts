/** How long a token is used, and that it is fetched once for all who wait. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger } from "effect"
import { configError } from "../../src/config/ConfigError.ts"
import { makeTokenSource, tokenExpiry, usableUntil } from "../../src/config/TokenSource.ts"
import type { KubeError } from "../../src/error/KubeError.ts"

const webToken = (claims: unknown) =>
  ["{}", JSON.stringify(claims), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".")

const counting = (cache: Duration.Duration) => {
  let fetched = 0
  let clock = 0
  const fetch = Effect.sync(() => {
    fetched += 1
    return `token-${fetched}`
  }).pipe(Effect.tap(() => Effect.yieldNow))
  return {
    source: Effect.runSync(makeTokenSource({ cache, fetch }, () => clock)),
    pass: (millis: number) => {
      clock += millis
    }
  }
}

describe("tokenExpiry", () => {
  it.each([
    ["a JSON Web Token", webToken({ exp: 1000 }), 1_000_000],
    ["a JSON Web Token without an expiry", webToken({ sub: "me" }), undefined],
    ["a JSON Web Token whose expiry is not a number", webToken({ exp: "soon" }), undefined],
    ["a JSON Web Token whose claims are not an object", webToken(null), undefined],
    ["three words with dots between that are not a JSON Web Token", "ya29.a0.b1", undefined],
    ["an opaque token", "sha256~secret", undefined]
  ] as const)("of %s", (_, token, expected) => {
    assert.strictEqual(tokenExpiry(token), expected)
  })
})

describe("usableUntil", () => {
  it.each([
    ["the cache's length", "opaque", 60, 60_000],
    ["30 s before the token's own expiry", webToken({ exp: 50 }), 60, 20_000],
    ["the cache's length when the token lasts longer", webToken({ exp: 500 }), 60, 60_000],
    ["zero when the cache is off", "opaque", 0, 0]
  ] as const)("is %s", (_, token, cache, expected) => {
    assert.strictEqual(usableUntil(token, 0, Duration.seconds(cache)), expected)
  })
})

describe("makeTokenSource", () => {
  it("fetches once for all who wait, and again when the time is up", async () => {
    const { pass, source } = counting(Duration.minutes(5))
    assert.deepStrictEqual(await Promise.all([source.current(), source.current()]), ["token-1", "token-1"])
    pass(299_999)
    assert.strictEqual(await source.current(), "token-1")
    pass(1)
    assert.strictEqual(await source.current(), "token-2")
  })
  it("fetches for every request when the cache is off", async () => {
    const { source } = counting(Duration.zero)
    assert.deepStrictEqual([await source.current(), await source.current()], ["token-1", "token-2"])
  })
  it("fetches another when one was refused", async () => {
    const { source } = counting(Duration.minutes(5))
    await source.current()
    source.refuse()
    assert.strictEqual(await source.current(), "token-2")
  })
  it("goes on with the token there is while the provider is down, unless that was refused or has ended", async () => {
    let clock = 0
    let answer: Effect.Effect<string, KubeError> = Effect.succeed(webToken({ exp: 600 }))
    const down = Effect.fail(configError("down", "config.oauthTokenProvider.task"))
    const fetch = Effect.suspend(() => answer)
    const source = Effect.runSync(makeTokenSource({ cache: Duration.minutes(5), fetch }, () => clock))
    const first = await source.current()
    answer = down
    clock = 301_000
    assert.strictEqual(await source.current(), first)
    clock = 600_000
    const [ended] = await Promise.allSettled([source.current()])
    assert.strictEqual(ended?.status, "rejected")
    clock = 301_000
    source.refuse()
    const [refused] = await Promise.allSettled([source.current()])
    assert.strictEqual(refused?.status, "rejected")
  })
  it("warns by the logger of whoever made it", async () => {
    let clock = 0
    let isDown = false
    const fetch = Effect.suspend(() =>
      isDown ? Effect.fail(configError("down", "config.oauthTokenProvider.task")) : Effect.succeed("token")
    )
    const logged: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
    const made = makeTokenSource({ cache: Duration.minutes(5), fetch }, () => clock)
    const source = await Effect.runPromise(Effect.provide(made, logger))
    await source.current()
    isDown = true
    clock = 301_000
    assert.strictEqual(await source.current(), "token")
    assert.lengthOf(logged, 1)
    assert.include(logged[0], "the token is used longer than its cache says")
  })
  it("hands a failure to all who wait, and asks again after it", async () => {
    let attempts = 0
    const fetch = Effect.suspend(() => {
      attempts += 1
      return attempts === 1 ? Effect.fail(configError("no", "config.oauthTokenProvider.task")) : Effect.succeed("token")
    })
    const source = Effect.runSync(makeTokenSource({ cache: Duration.minutes(5), fetch }))
    const ends = await Promise.allSettled([source.current(), source.current()])
    for (const end of ends) {
      assert.strictEqual(end.status, "rejected")
      if (end.status === "rejected") assert.include(end.reason.message, "config.oauthTokenProvider.task: no")
    }
    assert.strictEqual(await source.current(), "token")
  })
})
