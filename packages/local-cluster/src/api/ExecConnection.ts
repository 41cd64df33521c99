/**
 * One exec over a WebSocket: the channel protocol v5 (and v4, which cannot end stdin), from the
 * server's side. Moves bytes with back-pressure both ways: the client is not read while the program
 * does not read, and the program's output waits while the client does.
 */
import { Effect, Fiber, Queue, type Scope, Stream } from "effect"
import type { RawData, WebSocket } from "ws"
import type { ContainerReference, RunningExec, RuntimeRefusal } from "../contract/Runtime.ts"
import { type ApiStatus, internalError } from "./ApiStatus.ts"

/** Best first, as a client offers them. */
export const EXEC_PROTOCOLS: ReadonlyArray<string> = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const STATUS = 3
/** v5: `[255, CHANNEL]` says that the client sends nothing more on a channel. */
const CLOSE = 255

export interface ExecStreams {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

/** What the status channel says of an exit code. */
export const exitStatus = (code: number): object => {
  if (code === 0) return { metadata: {}, status: "Success" }
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] }
  }
}

/** What it says of a program that could not be started, in a kubelet's words. */
export const refusalStatus = (refusal: RuntimeRefusal, container: string): ApiStatus =>
  refusal._tag === "ContainerNotFound"
    ? internalError(`unable to upgrade connection: container not found ("${container}")`)
    : internalError(`error executing command in container: failed to exec in container: ${refusal.message}`)

type Message =
  | { readonly _tag: "Input"; readonly bytes: Uint8Array }
  | { readonly _tag: "EndOfInput" }
  | { readonly _tag: "Ignored" }
  /** Against the protocol; the connection ends. */
  | { readonly _tag: "Broken" }

/** Reads one message of a client. */
export const readMessage = (data: Uint8Array): Message => {
  const [channel, target] = data
  if (channel === STDIN) return { _tag: "Input", bytes: data.subarray(1) }
  if (channel === CLOSE) {
    if (data.length !== 2 || target === undefined || target > 4) return { _tag: "Broken" }
    return target === STDIN ? { _tag: "EndOfInput" } : { _tag: "Ignored" }
  }
  return { _tag: "Ignored" }
}

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data

/**
 * Completes when the message is on its way; at once when the client is gone, who then gets nothing
 * more.
 */
const send = (socket: WebSocket, channel: number, payload: Uint8Array): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const message = Buffer.allocUnsafe(payload.length + 1)
    message[0] = channel
    message.set(payload, 1)
    socket.send(message, { compress: false }, () => resume(Effect.void))
  })

const encode = (status: object): Uint8Array => new TextEncoder().encode(JSON.stringify(status))

/** Hands the client's messages to the program, one at a time; the socket is not read meanwhile. */
const takeInput = Effect.fnUntraced(function* (socket: WebSocket, program: RunningExec) {
  const messages = yield* Queue.unbounded<Message>()
  let waiting = 0
  socket.on("message", (data) => {
    waiting += 1
    socket.pause()
    Queue.offerUnsafe(messages, readMessage(bytesOf(data)))
  })
  socket.resume()
  while (true) {
    const message = yield* Queue.take(messages)
    if (message._tag === "Input") yield* program.write(message.bytes)
    if (message._tag === "EndOfInput") yield* program.closeStdin
    if (message._tag === "Broken") socket.terminate()
    waiting -= 1
    if (waiting === 0) socket.resume()
  }
})

const closed = (socket: WebSocket): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    socket.once("close", () => resume(Effect.void))
    if (socket.readyState === socket.CLOSED) resume(Effect.void)
  })

/**
 * Serves an exec from open to close. `start` starts the program; the socket comes paused, so that
 * nothing is missed. A client that goes away closes the program's streams with the scope, its stdin
 * too: under v4 that is how stdin ends.
 */
export const serveExec = Effect.fn("ExecConnection.serve")(function* (
  socket: WebSocket,
  streams: ExecStreams,
  container: ContainerReference,
  start: Effect.Effect<RunningExec, RuntimeRefusal, Scope.Scope>
) {
  // The real server opens with an empty message on the first channel there is.
  yield* send(socket, streams.stdout ? STDOUT : streams.stderr ? STDERR : STATUS, new Uint8Array(0))
  const run = Effect.gen(function* () {
    const program = yield* start
    const input = yield* Effect.forkScoped(takeInput(socket, program))
    if (!streams.stdin) yield* program.closeStdin
    yield* Stream.runForEach(program.output, ({ bytes, stream }) =>
      streams[stream] ? send(socket, stream === "stdout" ? STDOUT : STDERR, bytes) : Effect.void
    )
    const code = yield* program.exitCode
    yield* Fiber.interrupt(input)
    return exitStatus(code)
  })
  const outcome = yield* run.pipe(
    Effect.scoped,
    Effect.catch((refusal) => Effect.succeed<object>(refusalStatus(refusal, container.container))),
    Effect.raceFirst(Effect.as(closed(socket), undefined))
  )
  if (outcome === undefined) return
  yield* send(socket, STATUS, encode(outcome))
  socket.resume()
  socket.close(1000)
})
