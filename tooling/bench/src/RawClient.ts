/**
 * Speaks to the API server with nothing between: `node:https` and `ws`, no retries, no checks. The
 * floor that podwright is measured against, so it shares only the kubeconfig's address and
 * credentials with it.
 */
import { Agent, request } from "node:https"
import { WebSocket } from "@effect/platform-node/NodeWS"
import { KubeConnection, type Pod } from "@podwright/k8s-io"
import { Effect } from "effect"

export interface RawExec {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly command: ReadonlyArray<string>
  /** Sent as soon as the socket is open. */
  readonly stdin: Buffer
  /** Everything that came on stdout so far; true: enough, close. */
  readonly onOutput: (stdout: Buffer) => boolean
}

export interface RawClient {
  readonly namespace: string
  readonly send: (method: "POST" | "DELETE", path: string, body: unknown) => Effect.Effect<void>
  /**
   * True when `onOutput` had enough; false when the exec ended before, as one that comes too early
   * does.
   */
  readonly exec: (exec: RawExec) => Effect.Effect<boolean>
  /**
   * Calls back on every state of the pod of this name, `undefined` when it is gone, until the
   * returned function is called.
   */
  readonly onPod: (name: string, listener: (pod: Pod | undefined) => void) => () => void
}

const STDIN = Buffer.from([0])
const STDOUT = 1

interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"
  readonly object: Pod
}

/**
 * Opens the client, with one watch on all pods of the context's namespace; lives as long as the
 * scope.
 */
export const makeRawClient = Effect.gen(function* () {
  const connection = yield* KubeConnection
  const { headers, ...tls } = yield* connection.webSocketOptions
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 100 })
  const { namespace, server } = connection
  const listeners = new Map<string, (pod: Pod | undefined) => void>()

  const send: RawClient["send"] = (method, path, body) =>
    Effect.callback<void>((resume) => {
      const text = JSON.stringify(body)
      const outgoing = request(
        new URL(path, server),
        {
          method,
          agent,
          // Node itself gives a DELETE's body no length.
          headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) }
        },
        (response) => {
          let said = ""
          response.setEncoding("utf8").on("data", (chunk) => {
            said += chunk
          })
          response.on("end", () => {
            const code = response.statusCode ?? 0
            resume(code < 300 ? Effect.void : Effect.die(new Error(`${method} ${path}: ${code} ${said}`)))
          })
        }
      )
      outgoing.on("error", (error) => resume(Effect.die(error)))
      outgoing.end(text)
    })

  const exec: RawClient["exec"] = (wanted) =>
    Effect.callback<boolean>((resume) => {
      const url = new URL(`/api/v1/namespaces/${wanted.namespace}/pods/${wanted.pod}/exec`, server)
      url.protocol = "wss:"
      url.search = new URLSearchParams([
        ["container", wanted.container],
        ...["stdin", "stdout", "stderr"].map((stream): [string, string] => [stream, "true"]),
        ...wanted.command.map((word): [string, string] => ["command", word])
      ]).toString()
      const socket = new WebSocket(url, ["v5.channel.k8s.io"], { ...tls, headers, perMessageDeflate: false })
      let stdout = Buffer.alloc(0)
      socket.on("open", () => socket.send(Buffer.concat([STDIN, wanted.stdin])))
      socket.on("message", (message: Buffer) => {
        if (message[0] !== STDOUT || message.length === 1) return
        stdout = Buffer.concat([stdout, message.subarray(1)])
        if (!wanted.onOutput(stdout)) return
        resume(Effect.succeed(true))
        socket.close()
      })
      // A refused upgrade is an error, a container that is not there a close; both are "too early"
      // here.
      socket.on("error", () => resume(Effect.succeed(false)))
      socket.on("close", () => resume(Effect.succeed(false)))
    })

  /** Ends when the server closes the watch; a run takes minutes, a watch at least half an hour. */
  const watch = Effect.callback<never>((resume) => {
    const url = new URL(`/api/v1/namespaces/${namespace}/pods?watch=true`, server)
    const outgoing = request(url, { agent, headers }, (response) => {
      let rest = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n")
        rest = lines.pop() ?? ""
        for (const line of lines) {
          const { type, object } = JSON.parse(line) as WatchLine
          listeners.get(object.metadata.name)?.(type === "DELETED" ? undefined : object)
        }
      })
      response.on("end", () => resume(Effect.die(new Error("the server closed the watch"))))
    })
    outgoing.on("error", (error) => resume(Effect.die(error)))
    outgoing.end()
    return Effect.sync(() => outgoing.destroy())
  })
  yield* Effect.forkScoped(watch)
  yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))

  const onPod: RawClient["onPod"] = (name, listener) => {
    listeners.set(name, listener)
    return () => listeners.delete(name)
  }
  const client: RawClient = { namespace, send, exec, onPod }
  return client
})
