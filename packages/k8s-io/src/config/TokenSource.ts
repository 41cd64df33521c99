/**
 * The current token of a provider: fetched once for all who wait, used for as long as the provider
 * says and the token itself allows, and fetched anew when a server did not take it.
 */
import { Duration, Effect } from "effect"
import type { TokenProvider } from "./ConnectionConfig.ts"

/**
 * A token is not used in its last seconds, ms: a request takes time to arrive, and clocks differ.
 */
const expiryMargin = 30_000

/** A provider that failed is asked again after this, ms, while the token before still holds. */
const retryPause = 10_000

/** One provider's token, shared by all who ask. */
export interface TokenSource {
  readonly current: () => Promise<string>
  /** The token is not taken any more: the next caller gets a new one. */
  readonly refuse: () => void
}

/**
 * When a JSON Web Token ends (RFC 7519, `exp`), ms since the epoch; undefined for any other token.
 */
export const tokenExpiry = (token: string): number | undefined => {
  const [, payload, signature] = token.split(".")
  if (payload === undefined || signature === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))
    const expiry = typeof claims === "object" && claims !== null && "exp" in claims ? claims.exp : undefined
    return typeof expiry === "number" ? expiry * 1000 : undefined
  } catch {
    // three words with dots between are no JWT for that
    return undefined
  }
}

/** The moment a token fetched at `now` is used for the last time, ms since the epoch. */
export const usableUntil = (token: string, now: number, cache: Duration.Duration): number =>
  Math.min(now + Duration.toMillis(cache), (tokenExpiry(token) ?? Number.POSITIVE_INFINITY) - expiryMargin)

/**
 * Stands ready to answer; nothing is fetched before it is asked. `now` gives ms since the epoch.
 * What it logs and traces goes where that of its maker goes: callers wait for promises and bring no
 * context of their own.
 */
export const makeTokenSource = Effect.fnUntraced(function* (provider: TokenProvider, now: () => number = Date.now) {
  const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
  let held: { readonly token: string; readonly until: number } | undefined
  let inFlight: Promise<string> | undefined
  const fetch = async (): Promise<string> => {
    const token = await runPromise(
      Effect.catch(provider.fetch, (error) => {
        const expiry = held === undefined ? 0 : (tokenExpiry(held.token) ?? Number.POSITIVE_INFINITY)
        if (held === undefined || now() >= expiry) return Effect.fail(error)
        // No server has refused it: a provider that is down for a moment must not end runs that
        // take hours.
        held = { token: held.token, until: now() + retryPause }
        return Effect.as(Effect.logWarning(`the token is used longer than its cache says: ${error.message}`), undefined)
      })
    )
    if (token === undefined) return held?.token ?? fetch()
    held = { token, until: usableUntil(token, now(), provider.cache) }
    return token
  }
  const source: TokenSource = {
    current: () => {
      if (held !== undefined && now() < held.until) return Promise.resolve(held.token)
      inFlight ??= fetch().finally(() => {
        inFlight = undefined
      })
      return inFlight
    },
    refuse: () => {
      held = undefined
    }
  }
  return source
})
