/**
 * The HTTP side: TLS on a loopback address, bearer tokens, access rules, JSON in and out, streams
 * with back-pressure, and the upgrade to an exec. What requests mean is `ResourceHandlers.ts`.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { Cause, Effect, Fiber, FiberSet, type Scope, Stream } from "effect"
import { WebSocketServer } from "ws"
import type { LocalClusterError } from "../contract/LocalClusterError.ts"
import type { ContainerRuntime } from "../contract/Runtime.ts"
import { type AccessQuestion, accessDenied, isAllowed, type User } from "./Access.ts"
import { type ListenOptions, listenTogether } from "./ApiListener.ts"
import { type ApiAnswer, type ApiRequest, flag, type ResourceTarget } from "./ApiRequest.ts"
import {
  type ApiStatus,
  badRequest,
  forbidden,
  internalError,
  noSuchResource,
  unauthorized,
  unsupportedMediaType
} from "./ApiStatus.ts"
import { DOCUMENTS } from "./Discovery.ts"
import { EXEC_PROTOCOLS, serveExec } from "./ExecConnection.ts"
import { findObject } from "./ObjectReading.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { chooseContainer } from "./PodContainers.ts"
import { handleRequest } from "./ResourceHandlers.ts"
import { requestTarget } from "./ResourcePath.ts"

export interface ApiServerOptions extends ListenOptions {
  readonly store: ObjectStore
  readonly runtime: ContainerRuntime
  /** By bearer token. */
  readonly users: ReadonlyMap<string, User>
}

/** The real server's limit for a request's body. */
const LARGEST_BODY = 3 * 1024 * 1024
/** golang.org/x/net/websocket's limit for a message, which the real server has. */
const LARGEST_MESSAGE = 32 * 1024 * 1024

const readBody = (request: IncomingMessage): Effect.Effect<unknown, ApiStatus> =>
  request.headers["content-type"]?.includes("protobuf") ? Effect.fail(unsupportedMediaType) : readJson(request)

const readJson = (request: IncomingMessage): Effect.Effect<unknown, ApiStatus> =>
  Effect.callback<string, ApiStatus>((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= LARGEST_BODY) chunks.push(chunk)
    })
    request.on("end", () =>
      resume(
        bytes > LARGEST_BODY
          ? Effect.fail({ ...badRequest(`Request entity too large: limit is ${LARGEST_BODY}`), code: 413 })
          : Effect.succeed(Buffer.concat(chunks).toString("utf8"))
      )
    )
  }).pipe(
    Effect.flatMap((text) =>
      text === ""
        ? Effect.undefined
        : Effect.try({
            try: (): unknown => JSON.parse(text),
            catch: (error) => badRequest(`the body of the request is not JSON: ${String(error)}`)
          })
    )
  )

const write = (response: ServerResponse, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (response.write(bytes)) return resume(Effect.void)
    const drained = () => resume(Effect.void)
    response.once("drain", drained)
    return Effect.sync(() => response.off("drain", drained))
  })

const sendAnswer = Effect.fnUntraced(function* (response: ServerResponse, answer: ApiAnswer) {
  switch (answer._tag) {
    case "Object":
      for (const warning of answer.warnings ?? []) response.appendHeader("Warning", `299 - ${JSON.stringify(warning)}`)
      response.writeHead(answer.code, { "content-type": "application/json" })
      response.end(JSON.stringify(answer.object))
      return
    case "Text":
      response.writeHead(200, { "content-type": "text/plain" })
      response.end(answer.text)
      return
    case "Stream":
      response.writeHead(200, { "content-type": answer.contentType })
      response.flushHeaders()
      yield* Stream.runForEach(answer.bytes, (bytes) => write(response, bytes))
      response.end()
  }
})

/** An upgrade that is refused gets its Status as an ordinary HTTP answer. */
const refuseUpgrade = (socket: Duplex, status: ApiStatus): void => {
  const body = JSON.stringify(status)
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? "Refused"}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  )
}

const question = (target: ResourceTarget): AccessQuestion => ({
  verb: target.verb,
  group: target.group,
  resource: target.resource,
  subresource: target.subresource,
  namespace: target.namespace,
  name: target.name
})

/** Starts the server, until the scope closes; gives its URL. */
export const startApiServer = Effect.fn("ApiServer.start")(function* (
  options: ApiServerOptions
): Effect.fn.Return<string, LocalClusterError, Scope.Scope> {
  const { store, runtime, users } = options
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()

  const authenticate = (request: IncomingMessage): Effect.Effect<User, ApiStatus> => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1]
    const user = token === undefined ? undefined : users.get(token)
    return user === undefined ? Effect.fail(unauthorized) : Effect.succeed(user)
  }
  const permit = (user: User, asked: AccessQuestion): Effect.Effect<void, ApiStatus> =>
    isAllowed(user, asked) ? Effect.void : Effect.fail(accessDenied(user, asked))

  const answerRequest = Effect.fnUntraced(function* (request: IncomingMessage): Effect.fn.Return<ApiAnswer, ApiStatus> {
    const url = new URL(request.url ?? "/", "https://local-cluster")
    const target = requestTarget(request.method ?? "GET", url.pathname, flag(url.searchParams, "watch"))
    const body = yield* readBody(request)
    const user = yield* authenticate(request)
    if (target._tag === "Unknown") return yield* Effect.fail(noSuchResource)
    if (target._tag === "Document") {
      const document = DOCUMENTS[target.path]
      if (document === undefined || request.method !== "GET") return yield* Effect.fail(noSuchResource)
      return typeof document === "string"
        ? { _tag: "Text", text: document }
        : { _tag: "Object", code: 200, object: document }
    }
    // Everybody may ask who they are and what they may do.
    if (target.resource !== "selfsubjectaccessreviews" && target.resource !== "selfsubjectreviews")
      yield* permit(user, question(target))
    const asked: ApiRequest = {
      target,
      query: url.searchParams,
      accept: request.headers.accept,
      body,
      contentType: request.headers["content-type"] ?? "",
      user
    }
    return yield* handleRequest(store, runtime, asked)
  })

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const fiber = run(
      answerRequest(request).pipe(
        Effect.catch((status) =>
          Effect.succeed<ApiAnswer>({ _tag: "Object", code: status.code, object: { ...status } })
        ),
        Effect.catchDefect((defect) => {
          const status = internalError(String(defect))
          return Effect.as(Effect.logError("local-cluster: a request failed", defect), {
            _tag: "Object",
            code: 500,
            object: { ...status }
          } satisfies ApiAnswer)
        }),
        Effect.flatMap((answer) => sendAnswer(response, answer))
      )
    )
    response.on("close", () => run(Fiber.interrupt(fiber)))
  }

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => EXEC_PROTOCOLS.find((one) => offered.has(one)) ?? false
  })

  const upgrade = Effect.fnUntraced(function* (request: IncomingMessage, socket: Duplex, head: Buffer) {
    const url = new URL(request.url ?? "/", "https://local-cluster")
    const target = requestTarget("GET", url.pathname, false)
    const user = yield* authenticate(request)
    if (target._tag !== "Resource" || target.resource !== "pods" || target.subresource !== "exec")
      return yield* Effect.fail(noSuchResource)
    yield* permit(user, question(target))
    // Kubernetes 1.35 asks for `create` besides, since an upgrade by GET does what a POST does; it
    // gives no reason (seen).
    if (!isAllowed(user, { ...question(target), verb: "create" }))
      return yield* Effect.fail(forbidden(`pods "${target.name}" is forbidden: `, "pods", target.name))
    const pod = yield* findObject(store, "pods", target.namespace, target.name)
    const query = url.searchParams
    const container = yield* Effect.fromResult(chooseContainer(pod, query.get("container")))
    if (flag(query, "tty"))
      return yield* Effect.fail(badRequest("a local cluster has no terminals: run exec without -t"))
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim())
    if (!offered.some((one) => EXEC_PROTOCOLS.includes(one)))
      return yield* Effect.fail(
        badRequest(`unable to upgrade: this server knows none of the protocols ${offered.join(", ")}`)
      )
    const reference = { podUid: pod.metadata.uid, container }
    const webSocket = yield* Effect.callback<import("ws").WebSocket>((resume) =>
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.pause()
        opened.on("error", () => opened.terminate())
        resume(Effect.succeed(opened))
      })
    )
    const streams = { stdin: flag(query, "stdin"), stdout: flag(query, "stdout"), stderr: flag(query, "stderr") }
    yield* serveExec(webSocket, streams, reference, runtime.exec(reference, query.getAll("command"))).pipe(
      Effect.ensuring(Effect.sync(() => (webSocket.readyState === webSocket.OPEN ? webSocket.terminate() : undefined)))
    )
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => socket.destroy())
    run(
      upgrade(request, socket, head).pipe(
        Effect.catch((status) => Effect.sync(() => refuseUpgrade(socket, status))),
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("local-cluster: an exec failed", cause)
        )
      )
    )
  }
  return yield* listenTogether(options, onRequest, (server) => server.on("upgrade", onUpgrade))
})
