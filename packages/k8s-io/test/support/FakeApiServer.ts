/**
 * A Kubernetes API server as small as a test: node:http and ws, one handler per test, a record of what was asked. Lives in a
 * scope; comes with a kubeconfig file for it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type WebSocket, WebSocketServer } from "ws"
import type { KubeStatus } from "../../src/error/KubeStatus.ts"

/** A request as it came in. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface Answer {
  readonly json: (code: number, value: unknown, headers?: Record<string, string>) => void
  readonly status: (code: number, status: KubeStatus, headers?: Record<string, string>) => void
  /** Cuts the connection without a word. */
  readonly reset: () => void
  readonly raw: ServerResponse
}

export interface FakeApi {
  readonly kubeconfig: string
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  /** Writes the kubeconfig again, with another token. */
  readonly setToken: (token: string) => void
}

export interface Handlers {
  readonly request?: (asked: Asked, answer: Answer) => void
  /** Takes the WebSocket of an exec; `protocols` are those the server speaks, best first. */
  readonly exec?: (socket: WebSocket, asked: Asked) => void
  readonly protocols?: ReadonlyArray<string>
  readonly autoPong?: boolean
  /** Answers the upgrade itself, instead of accepting it. */
  readonly refuse?: (socket: Duplex, asked: Asked) => boolean
}

const kubeconfigText = (url: string, token: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster: { server: url } }],
    users: [{ name: "tester", user: { token } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "tester", namespace: "team" } }],
    "current-context": "fake"
  })

export const fakeApi = (handlers: Handlers) =>
  Effect.acquireRelease(
    Effect.callback<FakeApi & { readonly close: () => Promise<void> }>((resume) => {
      const asked: Array<Asked> = []
      const note = (request: IncomingMessage, body: string): Asked => {
        const url = new URL(request.url ?? "/", "http://fake")
        const one = {
          method: request.method ?? "",
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body
        }
        asked.push(one)
        return one
      }
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const json: Answer["json"] = (code, value, headers = {}) => {
            response.writeHead(code, { "content-type": "application/json", ...headers })
            response.end(JSON.stringify(value))
          }
          handlers.request?.(note(request, Buffer.concat(chunks).toString()), {
            json,
            status: (code, status, headers) =>
              json(code, { kind: "Status", status: "Failure", code, ...status }, headers),
            reset: () => request.socket.resetAndDestroy(),
            raw: response
          })
        })
      })
      const sockets = new WebSocketServer({
        noServer: true,
        autoPong: handlers.autoPong ?? true,
        handleProtocols: (offered) =>
          (handlers.protocols ?? ["v5.channel.k8s.io", "v4.channel.k8s.io"]).find((one) => offered.has(one)) ?? false
      })
      server.on("upgrade", (request, socket, head) => {
        const one = note(request, "")
        if (handlers.refuse?.(socket, one)) return
        sockets.handleUpgrade(request, socket, head, (ws) => handlers.exec?.(ws, one))
      })
      const folder = mkdtempSync(join(tmpdir(), "fake-api-"))
      const kubeconfig = join(folder, "kubeconfig")
      server.listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        const setToken = (token: string) => writeFileSync(kubeconfig, kubeconfigText(url, token))
        setToken("secret")
        resume(
          Effect.succeed({
            kubeconfig,
            url,
            asked,
            setToken,
            close: () => {
              for (const ws of sockets.clients) ws.terminate()
              rmSync(folder, { recursive: true })
              server.closeAllConnections()
              return new Promise<void>((done) => server.close(() => done()))
            }
          })
        )
      })
    }),
    (api) => Effect.promise(api.close)
  )

/** A refusal of an upgrade, as the API server writes it. */
export const refuseUpgrade = (socket: Duplex, code: number, status: KubeStatus): true => {
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, ...status })
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  )
  return true
}

/** Lets sockets do their work for one turn of the event loop. */
export const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Less than a test's time limit; what is waited for takes milliseconds, on a busy machine seconds. */
const LIMIT_MILLIS = 20_000

/** Waits, turn by turn, until something holds; a defect that names it, with what `seen` shows, when that takes longer than 20 s. */
export const until = (what: string, holds: () => boolean, seen: () => unknown = () => undefined) =>
  Effect.gen(function* () {
    // The clock of the machine: the test's own stands still.
    const end = performance.now() + LIMIT_MILLIS
    while (!holds()) {
      if (performance.now() > end)
        return yield* Effect.die(new Error(`${what}: not within ${LIMIT_MILLIS} ms; seen: ${JSON.stringify(seen())}`))
      yield* turn
    }
  })

/** Runs an effect that both sleeps (test clock) and does I/O: the clock goes on in small steps while sockets work. */
export const drive = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) {
      for (let turns = 0; turns < 20; turns++) yield* turn
      yield* TestClock.adjust("50 millis")
    }
    return yield* Fiber.join(fiber)
  })
