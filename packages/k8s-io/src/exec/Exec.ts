/**
 * Starts a command in a running container over a WebSocket. Only for short, repeatable, verifiable
 * helper calls: a command started this way cannot be joined again when the connection is lost, and
 * continues to run.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { execPath } from "../client/PodRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import type { ExecChannel } from "./ExecChannel.ts"
import { ExecIntake } from "./ExecIntake.ts"
import { ALL_PROTOCOLS, type ExecProtocol } from "./ExecProtocol.ts"
import { handshakeTimeout, makeExecSocket } from "./ExecSocket.ts"

/** What to run where. `command` is argv, no shell in between. */
export interface ExecRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly command: ReadonlyArray<string>
  /**
   * Subprotocols to offer; all by default. An API server that knows v5 takes it wherever it is
   * offered, and then repacks every message for the node. v4 alone goes through it byte by byte,
   * which spares a fifth of the servers' CPU for what comes back, and its pings are answered by the
   * node's runtime instead of by the API server; but it cannot end stdin.
   */
  readonly protocols?: ReadonlyArray<ExecProtocol>
  /**
   * Whether `output` only lends its bytes: they are to be used before more is pulled, as their
   * memory is used again then, so nothing may pull ahead (no buffer, no queue, no second fiber).
   * Takes half of the CPU and less memory. By default, and through a proxy, they are the receiver's
   * to keep.
   */
  readonly lendsOutput?: boolean
}

/**
 * Larger messages than the API server's own limit are not taken (golang.org/x/net/websocket: 32
 * MiB).
 */
const largestMessage = 32 * 1024 * 1024

/**
 * The mask of RFC 6455 keeps what a client sends from looking like HTTP to those in between; within
 * TLS nobody looks. A mask of zeros is one the server takes, and saves a copy and a pass over every
 * byte.
 */
const noMask = (mask: Buffer): void => {
  mask.fill(0)
}

/**
 * A space as forms have it, and what RFC 3986 lets stand in a query beside what
 * `encodeURIComponent` does.
 */
const unescaped = new Map([
  ["%20", "+"],
  ...["$", ",", "/", ":", "=", "?", "@"].map((sign): [string, string] => [encodeURIComponent(sign), sign])
])

/**
 * Short, for there are proxies that take no more than 8 KiB of a URL, and a command may be a
 * script: a third less of one.
 */
const inQuery = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/%(?:2[04CF]|3[ADF]|40)/g, (code) => unescaped.get(code) ?? code)

/**
 * The URL of an exec. stdin is always asked for: without it some runtimes (Kata) end the output
 * early. Never a tty.
 */
export const execUrl = (server: URL, request: ExecRequest): URL => {
  const url = new URL(server)
  url.protocol = server.protocol === "http:" ? "ws:" : "wss:"
  url.pathname = server.pathname.replace(/\/$/, "") + execPath(request.namespace, request.pod)
  // Not URLSearchParams, which joins character by character: of a script it leaves 66 KiB more for
  // the collector.
  url.search = [
    ["container", request.container],
    ["stdin", "true"],
    ["stdout", "true"],
    ["stderr", "true"],
    ["tty", "false"],
    ...request.command.map((argument) => ["command", argument])
  ]
    .map((pair) => pair.map(inQuery).join("="))
    .join("&")
  return url
}

/** Starts commands in containers. */
export class Exec extends Context.Service<
  Exec,
  {
    /**
     * Opens an exec; closing the scope closes it, but does not end the remote process. An open
     * channel is not yet a started command: the server accepts first and asks the node after, so
     * "container not found" may come as the channel's outcome (`Failed`, its `error` a
     * `NotRunningYet`) as well as from here.
     */
    readonly open: (request: ExecRequest) => Effect.Effect<ExecChannel, KubeError, Scope.Scope>
  }
>()("@podwright/k8s-io/Exec") {
  /** Execs over a connection. */
  static readonly layer: Layer.Layer<Exec, never, KubeConnection> = Layer.suspend(() => Layer.effect(Exec, makeExec))
}

const makeExec = Effect.gen(function* () {
  const connection = yield* KubeConnection

  const attempt = Effect.fnUntraced(function* (request: ExecRequest) {
    // Loaded by the first exec, while its pod starts, and not before the pod is asked for.
    const { WebSocket } = yield* Effect.promise(() => import("@effect/platform-node/NodeWS"))
    const options = yield* connection.webSocketOptions
    const subject = { namespace: request.namespace, name: request.pod, container: request.container }
    const intake = request.lendsOutput === true ? new ExecIntake() : undefined
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() =>
        makeExecSocket(
          new WebSocket(execUrl(connection.server, request), [...(request.protocols ?? ALL_PROTOCOLS)], {
            ...options,
            // goes on to the socket, where that is made here and not by a proxy's agent
            ...(intake === undefined ? {} : { onread: intake.onread }),
            headers: { ...options.headers },
            handshakeTimeout,
            maxPayload: largestMessage,
            ...(connection.server.protocol === "https:" ? { generateMask: noMask } : {}),
            // the server knows no extensions
            perMessageDeflate: false,
            skipUTF8Validation: true
          }),
          intake,
          subject,
          connection.server.origin
        )
      ),
      (socket) => socket.shutdown
    )
    const channel = yield* socket.opened
    yield* Effect.forkScoped(socket.watchOver)
    return channel
  })

  const open = Effect.fn("Exec.open")(
    (request: ExecRequest): Effect.Effect<ExecChannel, KubeError, Scope.Scope> =>
      attempt(request).pipe(
        Effect.catchReason("KubeError", "Unauthorized", () =>
          Effect.andThen(connection.refreshCredentials, attempt(request))
        )
      )
  )

  return Exec.of({ open })
})
