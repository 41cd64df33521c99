/** Asks through the proxy (from `until` on it reads the answer), and tells exactly how it went. */
import { readFileSync } from "node:fs"
import { request } from "node:https"
import { WebSocket } from "ws"

interface Access {
  readonly server: string
  readonly ca: Buffer
  readonly token: string
}

export const accessOf = (kubeconfig: string): Access => {
  const config = JSON.parse(readFileSync(kubeconfig, "utf8"))
  const cluster = config.clusters[0].cluster
  return {
    server: cluster.server,
    ca: Buffer.from(cluster["certificate-authority-data"], "base64"),
    token: config.users[0].user.token
  }
}

export interface HttpEnd {
  readonly code: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
  /** `whole`: with the protocol's own end. Otherwise the code of the error. */
  readonly end: string
}

export const ask = (
  access: Access,
  path: string,
  { method = "GET", until = undefined as Promise<void> | undefined } = {}
): Promise<HttpEnd> =>
  new Promise((resolve) => {
    const url = new URL(path, access.server)
    const options = {
      method,
      ca: access.ca,
      agent: false as const,
      headers: { authorization: `Bearer ${access.token}` }
    }
    const asking = request(url, options, (response) => {
      const chunks: Array<Buffer> = []
      const done = (end: string) =>
        resolve({
          code: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          end
        })
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => done("whole"))
      response.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
      if (until !== undefined) {
        response.pause()
        until.then(() => response.resume())
      }
    })
    asking.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ code: undefined, headers: {}, body: "", end: error.code ?? error.message })
    )
    asking.end(method === "POST" ? "{}" : undefined)
  })

export interface ExecEnd {
  /** Bytes of stdout, without channel bytes. */
  readonly stdout: number
  readonly status: unknown
  readonly code: number
  readonly refused: number | undefined
}

export const exec = (access: Access, path: string, words: ReadonlyArray<string | Buffer>): Promise<ExecEnd> =>
  new Promise((resolve) => {
    const url = new URL(path, access.server.replace("https:", "wss:"))
    const ws = new WebSocket(url, ["v5.channel.k8s.io"], {
      ca: access.ca,
      headers: { authorization: `Bearer ${access.token}` },
      perMessageDeflate: false
    })
    let stdout = 0
    let status: unknown
    let refused: number | undefined
    ws.on("open", () => {
      for (const word of words) ws.send(Buffer.concat([Uint8Array.of(0), Buffer.from(word)]))
    })
    ws.on("message", (data: Buffer) => {
      if (data[0] === 3) status = JSON.parse(data.subarray(1).toString())
      else stdout += data.length - 1
    })
    ws.on("unexpected-response", (asking, response) => {
      refused = response.statusCode
      asking.destroy()
      resolve({ stdout, status, code: 0, refused })
    })
    ws.on("error", () => undefined)
    ws.on("close", (code) => resolve({ stdout, status, code, refused }))
  })
