/** An API server over a runtime that a test makes up, and a client for it. */
import { request } from "node:https"
import { Effect, Stream } from "effect"
import { WebSocket } from "ws"
import type { User } from "../../src/api/Access.ts"
import { startApiServer } from "../../src/api/ApiServer.ts"
import { makeCertificate } from "../../src/api/Certificate.ts"
import { ObjectStore } from "../../src/api/ObjectStore.ts"
import type { ContainerRuntime } from "../../src/contract/Runtime.ts"

export interface Reply {
  readonly code: number
  readonly warnings: string | undefined
  readonly text: string
  readonly json: () => Record<string, unknown>
}

export const idleRuntime: ContainerRuntime = {
  exec: () => Effect.fail({ _tag: "ContainerNotFound" }),
  log: () => Effect.undefined
}

/** A runtime whose containers have one log. */
export const loggingRuntime = (...lines: ReadonlyArray<string>): ContainerRuntime => ({
  ...idleRuntime,
  log: () =>
    Effect.succeed(
      Stream.fromArray(
        lines.map((line, index) => ({
          time: BigInt(index) * 1_000_000_000n,
          stream: "stdout" as const,
          partial: false,
          bytes: new TextEncoder().encode(line)
        }))
      )
    )
})

const limited: User = {
  name: "limited",
  role: { namespace: "team", rules: [{ apiGroups: [""], resources: ["pods", "pods/exec"], verbs: ["get", "list"] }] }
}

/**
 * Lives in the test's scope; has the namespaces `default` and `team`, and the tokens `admin` and
 * `limited`.
 */
export const testServer = (runtime: ContainerRuntime = idleRuntime, historyLimit = 100) =>
  Effect.gen(function* () {
    const store = new ObjectStore(historyLimit)
    for (const name of ["default", "team"]) store.create("namespaces", { kind: "Namespace", metadata: { name } })
    const certificate = yield* makeCertificate
    const url = yield* startApiServer({
      store,
      runtime,
      users: new Map<string, User>([
        ["admin", { name: "admin" }],
        ["limited", limited]
      ]),
      certificate,
      address: "127.0.0.1",
      port: 0
    })
    const ca = certificate.certificate

    /** Sends a request and reads the whole answer. */
    const call = (
      method: string,
      path: string,
      options: {
        readonly body?: unknown
        readonly token?: string | undefined
        readonly accept?: string
        readonly contentType?: string
      } = {}
    ): Effect.Effect<Reply> =>
      Effect.callback<Reply>((resume) => {
        const { accept, body, contentType, token = "admin" } = options
        const sentBody = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body)
        const headers = {
          // Node would send the body of a DELETE without saying how long it is.
          "content-length": String(Buffer.byteLength(sentBody)),
          ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
          ...(accept === undefined ? {} : { accept }),
          ...(contentType === undefined ? {} : { "content-type": contentType })
        }
        const sent = request(`${url}${path}`, { method, ca, headers, agent: false }, (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString()
            const warnings = response.headers["warning"] as string | undefined
            resume(Effect.succeed({ code: response.statusCode ?? 0, warnings, text, json: () => JSON.parse(text) }))
          })
        })
        sent.on("error", (error) => resume(Effect.die(error)))
        sent.end(sentBody)
      })

    /** Opens an exec, collects what it says, and completes when it is closed. */
    const exec = (
      path: string,
      options: {
        readonly protocols?: ReadonlyArray<string>
        readonly token?: string
        readonly onOpen?: (socket: WebSocket) => void
        readonly onMessage?: (socket: WebSocket, message: Buffer) => void
      } = {}
    ) =>
      Effect.callback<{
        readonly messages: ReadonlyArray<readonly [number, string]>
        readonly code: number
        readonly refusal: string
      }>((resume) => {
        const { onMessage, onOpen, protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"], token = "admin" } = options
        const socket = new WebSocket(`${url.replace("https", "wss")}${path}`, [...protocols], {
          ca,
          headers: { authorization: `Bearer ${token}` }
        })
        const messages: Array<readonly [number, string]> = []
        socket.on("open", () => onOpen?.(socket))
        socket.on("message", (data: Buffer) => {
          messages.push([data[0] ?? -1, data.subarray(1).toString()])
          onMessage?.(socket, data)
        })
        socket.on("unexpected-response", (_, response) => {
          let refusal = ""
          response.on("data", (chunk: Buffer) => (refusal += chunk.toString()))
          response.on("end", () => resume(Effect.succeed({ messages, code: response.statusCode ?? 0, refusal })))
        })
        socket.on("error", (error) => resume(Effect.die(error)))
        socket.on("close", (code) => resume(Effect.succeed({ messages, code, refusal: "" })))
        return Effect.sync(() => socket.terminate())
      })
    return { store, url, ca, call, exec }
  })

/** A pod's manifest with one container. */
export const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox", command: ["true"] }], ...spec }
})
