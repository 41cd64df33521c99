import { hash, randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { download, MOST_REDIRECTS, partStart, redirectTarget, shownUrl } from "../../src/inputs/InputDownload.ts"

/** A server on 127.0.0.1, and the host and port it has. */
const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(answer)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    ),
    (server) => `127.0.0.1:${(server.address() as AddressInfo).port}`
  )

const fetched = Effect.fnUntraced(function* (url: string, sha256?: string) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-download-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const path = join(folder, "file")
  yield* download({ name: "in", url, sha256, path })
  return yield* Effect.promise(() => readFile(path))
})

describe("download", () => {
  it.live("follows redirects to other hosts, and names the last where that fails", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const last = yield* serve((request, response) => {
        seen.push(request.headers.authorization)
        response.writeHead(request.url === "/file?key=secret" ? 200 : 403).end("content")
      })
      const first = yield* serve((request, response) => {
        if (request.url === "/1") response.writeHead(302, { location: "2" }).end("moved")
        else if (request.url === "/2") response.writeHead(307, { location: `http://${last}/file?key=secret` }).end()
        else if (request.url === "/circle") response.writeHead(301, { location: "/circle" }).end()
        else response.writeHead(308, { location: `http://${last}/forbidden?key=secret` }).end()
      })
      assert.strictEqual((yield* fetched(`http://user:pass@${first}/1`)).toString(), "content")
      assert.deepStrictEqual(seen, [undefined])
      const forbidden = yield* Effect.flip(fetched(`http://user:pass@${first}/none?key=secret`))
      assert.include(forbidden.message, `http://${first}/none?…: ${last}, to which it redirects, answered 403`)
      assert.notMatch(forbidden.message, /secret|pass/)
      assert.isFalse(forbidden.retryable)
      const circle = yield* Effect.flip(fetched(`http://${first}/circle`))
      assert.include(circle.message, `it redirects more than ${MOST_REDIRECTS} times, the last time to ${first}`)
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.live("continues a broken download where the server has the same bytes, and starts over where it does not", () =>
    Effect.gen(function* () {
      const content = randomBytes(300_000)
      const other = randomBytes(200_000)
      const asked: Array<string> = []
      const host = yield* serve((request, response) => {
        const { range, "if-range": tag } = request.headers
        asked.push(`${request.url} ${range ?? "all"} ${tag ?? ""}`.trim())
        if (range === undefined && !asked.includes("/untagged again")) {
          const tagged = request.url === "/untagged" ? {} : { etag: '"one"' }
          if (request.url === "/untagged") asked.push("/untagged again")
          response.writeHead(200, { "content-length": content.length, ...tagged })
          // Cut once the first half is with the client.
          response.write(content.subarray(0, 150_000), () => setTimeout(() => response.destroy(), 50))
          return
        }
        if (request.url === "/same") {
          const start = Number(/\d+/.exec(range ?? "")?.[0])
          const part = content.subarray(start)
          response.writeHead(206, {
            "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
            etag: '"one"'
          })
          response.end(part)
        } else response.writeHead(200, { "content-length": other.length }).end(other)
      })
      const same = yield* fetched(`http://${host}/same`, hash("sha256", content))
      assert.isTrue(content.equals(same))
      const changed = yield* fetched(`http://${host}/changed`, hash("sha256", other))
      assert.isTrue(other.equals(changed))
      const untagged = yield* fetched(`http://${host}/untagged`)
      assert.isTrue(other.equals(untagged))
      assert.match(
        asked.join("\n"),
        /^\/same all\n\/same bytes=[1-9]\d*- "one"\n\/changed all\n\/changed bytes=[1-9]\d*- "one"\n\/untagged all\n\/untagged again\n\/untagged all$/
      )
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.live("refuses content of another digest", () =>
    Effect.gen(function* () {
      const host = yield* serve((_request, response) => response.end("content"))
      const wrong = "0".repeat(64)
      const error = yield* Effect.flip(fetched(`http://${host}/file`, wrong))
      assert.include(
        error.message,
        `the SHA-256 of what came is ${hash("sha256", "content")}, and the task asks for ${wrong}`
      )
      assert.isFalse(error.retryable)
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )
})

describe("redirectTarget", () => {
  const rows: ReadonlyArray<readonly [from: string, location: string | undefined, expected: string]> = [
    ["https://a/x/y?q", "z", "https://a/x/z"],
    ["https://u:p@a/x", "/z", "https://u:p@a/z"],
    ["https://u:p@a/x", "https://v:q@b/z", "https://b/z"],
    ["http://a/", "https://a/", "https://a/"],
    ["http://a/", "//b/c", "http://b/c"],
    ["https://a/", "http://a/", "a redirects from https to http, to a, which is not followed"],
    ["https://a/", "file:///etc/passwd", "a redirects to a file: URL"],
    ["https://a/", undefined, "a redirects to nothing that is a URL"],
    ["https://a/", "http://[", "a redirects to nothing that is a URL"]
  ]
  for (const [from, location, expected] of rows)
    it(`${from} ${location}`, () => {
      const target = redirectTarget(new URL(from), location)
      assert.strictEqual(typeof target === "string" ? target : target.href, expected)
    })
})

describe("partStart", () => {
  const rows: ReadonlyArray<readonly [number, string | undefined, number | undefined]> = [
    [206, "bytes 100-199/200", 100],
    [206, "bytes */200", undefined],
    [206, undefined, undefined],
    [200, "bytes 100-199/200", undefined]
  ]
  for (const [status, range, expected] of rows)
    it(`${status} ${range}`, () => assert.strictEqual(partStart(status, range), expected))
})

describe("shownUrl", () => {
  it("hides credentials and queries", () => {
    assert.strictEqual(shownUrl("https://u:p@a:1/b/c?d=e#f"), "https://a:1/b/c?…")
    assert.strictEqual(shownUrl("http://a/b"), "http://a/b")
    assert.strictEqual(shownUrl("https://"), "a URL that cannot be read")
  })
})
