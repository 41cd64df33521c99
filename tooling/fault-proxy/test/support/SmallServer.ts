/**
 * What stands for the cluster behind the proxy: plain HTTP, some answers of known length, and an
 * exec that writes and echoes.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { WebSocketServer } from "ws"

export const POD = JSON.stringify({ kind: "Pod", metadata: { name: "one" }, padding: "x".repeat(1000) })
export const WATCH_LINE = `${JSON.stringify({ type: "ADDED", object: { kind: "Pod" } })}\n`
/** What the exec writes on stdout before it ends with success: frames of this much. */
export const EXEC_FRAME = 1000

export interface SmallServer {
  readonly kubeconfig: string
  /** `METHOD path` of all requests. */
  readonly asked: Array<string>
  /** Tokens that came with them. */
  readonly tokens: Array<string | undefined>
  /** Bytes of logs handed to the socket. */
  readonly logged: () => number
  /** Execs that are open. */
  readonly execs: () => number
}

/** `logBytes` is the length of the answer to `…/log`. */
export const smallServer = (logBytes = 100_000) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const asked: Array<string> = []
        let logged = 0
        const tokens: Array<string | undefined> = []
        const note = (request: IncomingMessage) => {
          asked.push(`${request.method} ${request.url?.split("?")[0]}`)
          tokens.push(request.headers.authorization)
        }
        const server = createServer((request, response) => {
          note(request)
          if (request.url?.includes("/log")) {
            let left = logBytes
            const block = Buffer.alloc(64 * 1024, "l")
            const more = () => {
              while (left > 0) {
                const part = block.subarray(0, Math.min(left, block.length))
                left -= part.length
                logged += part.length
                if (!response.write(part)) return void response.once("drain", more)
              }
              response.end()
            }
            return more()
          }
          if (request.url?.includes("watch=")) {
            response.writeHead(200, { "content-type": "application/json" })
            const timer = setInterval(() => response.write(WATCH_LINE), 2)
            response.on("close", () => clearInterval(timer))
            return
          }
          request.resume()
          request.on("end", () => {
            response.writeHead(request.method === "POST" ? 201 : 200, {
              "content-type": "application/json",
              "content-length": POD.length
            })
            response.end(POD)
          })
        })
        const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
        server.on("upgrade", (request, socket, head) => {
          note(request)
          if (request.url?.includes("refused")) {
            const body = JSON.stringify({ kind: "Status", status: "Failure", code: 404, message: "no such pod" })
            socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
            return
          }
          sockets.handleUpgrade(request, socket, head, (ws) => {
            ws.on("error", () => undefined)
            // As the real one: an empty message first.
            ws.send(Uint8Array.of(1))
            ws.on("message", (data: Buffer) => {
              if (data.subarray(1).toString() === "write") {
                for (let i = 0; i < 20; i++) ws.send(Buffer.alloc(EXEC_FRAME, 1))
                ws.send(Buffer.from(`\u0003${JSON.stringify({ metadata: {}, status: "Success", real: true })}`))
                ws.close(1000)
              } else ws.send(data)
            })
          })
        })
        const folder = await mkdtemp(join(tmpdir(), "fault-proxy-test-"))
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        const kubeconfig = join(folder, "kubeconfig")
        await writeFile(
          kubeconfig,
          JSON.stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "small", cluster: { server: url } }],
            users: [{ name: "tester", user: { token: "real-token" } }],
            contexts: [{ name: "small", context: { cluster: "small", user: "tester", namespace: "team" } }],
            "current-context": "small"
          })
        )
        const close = async () => {
          for (const ws of sockets.clients) ws.terminate()
          server.closeAllConnections()
          await new Promise((resolve) => server.close(resolve))
          await rm(folder, { recursive: true })
        }
        return { close, server: { kubeconfig, asked, tokens, logged: () => logged, execs: () => sockets.clients.size } }
      }),
      ({ close }) => Effect.promise(close)
    ),
    ({ server }): SmallServer => server
  )
