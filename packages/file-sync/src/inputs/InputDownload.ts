/**
 * Fetches an `http(s):` input into a file: follows redirects, continues where a connection broke, and
 * holds the content against the digest that the task gives. Sends no header of a user's, so none can
 * reach another host; messages show hosts and paths, and no credentials or queries.
 */
import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { failureDetail } from "@podwright/k8s-io"
import { Duration, Effect, type Scope, Stream } from "effect"
import { HttpClient, type HttpClientResponse } from "effect/http"
import type { FileSyncError } from "../FileSyncError.ts"
import { unreadable } from "./InputEntry.ts"

/** As browsers and curl have it, or less: a longer chain is a circle. */
export const MOST_REDIRECTS = 10

/** How often a broken download is continued without getting further. */
const MOST_FAILURES = 4
/** Before the first time; each further one waits twice as long: 7.5 s together. */
const FIRST_PAUSE = Duration.millis(500)

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A URL for messages: without credentials, and without a query, which often is one. */
export const shownUrl = (url: string): string => {
  const parsed = URL.parse(url)
  if (parsed === null) return "a URL that cannot be read"
  return `${parsed.origin}${parsed.pathname}${parsed.search === "" ? "" : "?…"}`
}

/** Where a redirect leads, or why it is not followed. */
export const redirectTarget = (from: URL, location: string | undefined): URL | string => {
  const to = location === undefined ? null : URL.parse(location, from.href)
  if (to === null) return `${from.host} redirects to nothing that is a URL`
  if (to.protocol !== "http:" && to.protocol !== "https:") return `${from.host} redirects to a ${to.protocol} URL`
  if (from.protocol === "https:" && to.protocol === "http:")
    return `${from.host} redirects from https to http, to ${to.host}, which is not followed`
  if (to.host !== from.host) {
    to.username = ""
    to.password = ""
  }
  return to
}

/** The first byte of the part that a response is; undefined when it is the whole. */
export const partStart = (status: number, contentRange: string | undefined): number | undefined => {
  const start = /^bytes (\d+)-/.exec(contentRange ?? "")?.[1]
  return status === 206 && start !== undefined ? Number(start) : undefined
}

/** A validator that the same bytes alone have; a weak one will not do. */
const strongTag = (tag: string | undefined): string | undefined => (tag?.startsWith('"') === true ? tag : undefined)

export interface Download {
  /** The input it is for. */
  readonly name: string
  readonly url: string
  /** In hexadecimal, small letters; undefined: any content will do. */
  readonly sha256: string | undefined
  /** The file that the content goes to. */
  readonly path: string
}

/** Fails with `InputUnreadable`, which names the host that did not give the content. */
export const download = Effect.fn("InputDownload.download")(function* ({
  name,
  path,
  sha256,
  url
}: Download): Effect.fn.Return<void, FileSyncError, HttpClient.HttpClient | Scope.Scope> {
  const http = yield* HttpClient.HttpClient
  const start = URL.parse(url)
  const fail = (detail: string) => unreadable(name, shownUrl(url), detail)
  if (start === null) return yield* fail("it is no URL")
  const hostOf = ({ host }: URL) => (host === start.host ? host : `${host}, to which it redirects,`)

  /** The response at the end of all redirects, and whose it is. */
  const request = Effect.fnUntraced(function* (headers: Readonly<Record<string, string>>) {
    let at = start
    for (let count = 0; count <= MOST_REDIRECTS; count++) {
      const response = yield* http
        .get(at, { headers: { "accept-encoding": "identity", ...headers } })
        .pipe(Effect.mapError((error) => fail(`${hostOf(at)} did not answer: ${failureDetail(error)}`)))
      if (!REDIRECTS.has(response.status)) return { at, response }
      const to = redirectTarget(at, response.headers["location"])
      if (typeof to === "string") return yield* fail(to)
      // Its connection is free when the body is read, which says nothing; a long one is given up.
      yield* Effect.ignore(Stream.runDrain(Stream.take(response.stream, 4)))
      at = to
    }
    return yield* fail(`it redirects more than ${MOST_REDIRECTS} times, the last time to ${at.host}`)
  })

  const attempt = <A>(work: () => Promise<A>) =>
    Effect.tryPromise({ try: work, catch: (error) => fail(`it cannot be kept: ${failureDetail(error)}`) })
  const file = yield* Effect.acquireRelease(
    attempt(() => open(path, "w")),
    (handle) => Effect.promise(() => handle.close())
  )
  let digest = createHash("sha256")
  let received = 0
  let tag: string | undefined

  /** Takes what comes. Gives why it broke off, and undefined when all is there. */
  const take = Effect.fnUntraced(function* (at: URL, response: HttpClientResponse.HttpClientResponse) {
    const length = response.headers["content-length"]
    const total = length === undefined ? undefined : received + Number(length)
    const broken = yield* response.stream.pipe(
      Stream.mapError((error) => failureDetail(error)),
      Stream.runForEach((chunk) =>
        attempt(async () => {
          await file.write(chunk, 0, chunk.length, received)
          digest.update(chunk)
          received += chunk.length
        })
      ),
      Effect.as(undefined),
      Effect.catchIf(
        (error) => typeof error === "string",
        (detail) => Effect.succeed(`${hostOf(at)} broke off after ${received} bytes: ${detail}`)
      )
    )
    if (broken !== undefined || total === undefined || total === received) return broken
    return `${hostOf(at)} announced ${total} bytes and sent ${received}`
  })

  // The most that has come so far: a server that begins again and breaks off each time gets no further.
  let most = 0
  for (let failures = 0; ; ) {
    const resume = received > 0 && tag !== undefined ? { range: `bytes=${received}-`, "if-range": tag } : {}
    const { at, response } = yield* request(resume)
    if (response.status < 200 || response.status > 299) return yield* fail(`${hostOf(at)} answered ${response.status}`)
    if (received > 0 && partStart(response.status, response.headers["content-range"]) !== received) {
      yield* attempt(() => file.truncate(0))
      digest = createHash("sha256")
      received = 0
    }
    tag = strongTag(response.headers["etag"])
    const broken = yield* take(at, response)
    if (broken === undefined) break
    failures = received > most ? 1 : failures + 1
    most = Math.max(most, received)
    if (failures > MOST_FAILURES) return yield* fail(broken)
    yield* Effect.sleep(Duration.times(FIRST_PAUSE, 2 ** (failures - 1)))
  }
  const actual = digest.digest("hex")
  if (sha256 !== undefined && actual !== sha256)
    return yield* fail(`the SHA-256 of what came is ${actual}, and the task asks for ${sha256}`)
}, Effect.scoped)
