/**
 * One exec's WebSocket: owns the `ws` socket from before its handshake to after its close, feeds
 * the reader in batches, bounds what it has not read, and settles the outcome exactly once. Sending
 * is `ExecSender`'s. Events of `ws` come in as callbacks; the paths that bytes take cost no Effect
 * per message.
 */
import type { IncomingMessage } from "node:http"
import type { WebSocket } from "@effect/platform-node/NodeWS"
import { Cause, Deferred, Effect, Exit, Stream } from "effect"
import { KubeError } from "../error/KubeError.ts"
import type { KubeOperation, KubeSubject } from "../error/KubeMessage.ts"
import type { KubeReason } from "../error/KubeReason.ts"
import { type KubeStatus, readExecStatus } from "../error/KubeStatus.ts"
import { reasonFromContainerStatus, statusOfResponse } from "../error/StatusReason.ts"
import { connectReason, failureDetail } from "../error/TransportFailure.ts"
import type { ExecChannel, ExecOutcome, ExecOutput } from "./ExecChannel.ts"
import { FrameParts, readFrame } from "./ExecFrame.ts"
import type { ExecIntake } from "./ExecIntake.ts"
import { canCloseStdin, type ExecProtocol, isExecProtocol } from "./ExecProtocol.ts"
import { ExecPulse } from "./ExecPulse.ts"
import { makeExecSender } from "./ExecSender.ts"

/** Bytes received but not yet read, above which the socket is paused. */
export const receiveWindow = 1024 * 1024

/** Longest wait for the handshake, milliseconds. */
export const handshakeTimeout = 10_000

/**
 * How long the other side may take to close after a Status, or after we close; then the socket is
 * destroyed.
 */
const closeWait = "1 second"

/** Error bodies are short; more than this is not read. */
const largestRefusal = 64 * 1024

/** An exec whose handshake may still be going on. */
export interface ExecSocket {
  /**
   * The channel, once the server has accepted the upgrade. The handshake fails with a `KubeError`.
   */
  readonly opened: Effect.Effect<ExecChannel, KubeError>
  /** Beats and bounded waits; runs as long as the exec does. */
  readonly watchOver: Effect.Effect<void>
  /** Closes, bounded; afterwards nothing is left. */
  readonly shutdown: Effect.Effect<void>
}

const readRefusal = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    let length = 0
    const done = () => resolve(Buffer.concat(chunks).toString("utf8"))
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length > largestRefusal) done()
    })
    response.on("end", done)
    response.on("error", done)
    response.on("close", done)
  })

/**
 * `ws` gives its own complaints no code: a handshake that took too long, or one that broke the
 * protocol.
 */
const handshakeReason = (error: Error & { readonly code?: string }, address: string): KubeReason => {
  if (error.code !== undefined) return connectReason(error, address)
  return error.message === "Opening handshake has timed out"
    ? { _tag: "Timeout", seconds: handshakeTimeout / 1000 }
    : { _tag: "Protocol", detail: error.message }
}

/**
 * Takes over a socket that is about to shake hands with `address`; what it reads goes to the
 * intake, where there is one.
 */
export const makeExecSocket = (
  ws: WebSocket,
  intake: ExecIntake | undefined,
  subject: KubeSubject,
  address: string
): ExecSocket => {
  const access = { verb: "create", resource: "pods/exec", namespace: subject.namespace ?? "" }
  const outcome = Deferred.makeUnsafe<ExecOutcome>()
  const closed = Deferred.makeUnsafe<void>()
  const handshake = Deferred.makeUnsafe<ExecProtocol, KubeError>()
  const failure = (operation: KubeOperation, reason: KubeReason) => new KubeError({ operation, subject, reason })

  let settled: ExecOutcome | undefined
  let isClosed = false
  let lastTrouble: string | undefined

  const unread: Array<ExecOutput> = []
  let unreadBytes = 0
  let discarding = false
  let reader: (() => void) | undefined
  let readerScheduled = false

  const pulse = new ExecPulse(ws)

  const describeEnd = (): string => {
    switch (settled?._tag) {
      case "Exited":
        return `the command has ended with exit code ${settled.code}`
      case "Failed":
        return settled.error.message
      case "Lost":
        return settled.detail
      case "Aborted":
        return "the exec was closed from this side"
      default:
        return lastTrouble ?? "the connection is closing"
    }
  }

  const settle = (result: ExecOutcome) => {
    if (settled !== undefined) return
    settled = result
    Deferred.doneUnsafe(outcome, Exit.succeed(result))
    sender.wake()
  }

  const settleStatus = (status: KubeStatus) => {
    const read = readExecStatus(status)
    if (read._tag === "Exited") return settle(read)
    settle({ ...read, error: failure("Exec.open", reasonFromContainerStatus(status, access)) })
  }

  // All messages of one socket read are emitted in one go; waking the reader after it makes them
  // one batch.
  const wakeReader = () => {
    if (reader === undefined || readerScheduled) return
    readerScheduled = true
    setImmediate(() => {
      readerScheduled = false
      reader?.()
    })
  }

  const takeOutput = (output: ExecOutput) => {
    if (discarding) return
    unread.push(output)
    unreadBytes += output.bytes.length
    if (unreadBytes >= receiveWindow && !ws.isPaused) ws.pause()
    wakeReader()
  }
  const takeMessage = (message: Uint8Array) => {
    const frame = readFrame(message)
    switch (frame._tag) {
      case "Output":
        return takeOutput(frame)
      case "Status":
        settleStatus(frame.status)
        ws.close(1000)
        return
      case "Unreadable":
        lastTrouble = `the server's status is not readable: ${frame.text.slice(0, 200)}`
        return
      case "Nothing":
        return
    }
  }
  const parts = new FrameParts()
  intake?.listen({
    part: (bytes, isFirst, isLast) => {
      pulse.heard()
      const message = parts.push(bytes, isFirst, isLast)
      if (message instanceof Uint8Array) takeMessage(message)
      else if (message !== undefined) takeOutput(message)
      return !discarding
    },
    isUpgraded: () => ws.readyState === ws.OPEN,
    broken: () => {
      lastTrouble ??= "the server sent what is no WebSocket frame"
      ws.terminate()
    }
  })
  ws.on("message", (data: unknown) => {
    pulse.heard()
    if (data instanceof Uint8Array) takeMessage(data)
  })
  ws.on("open", () => {
    const { protocol } = ws
    Deferred.doneUnsafe(
      handshake,
      isExecProtocol(protocol)
        ? Exit.succeed(protocol)
        : Exit.fail(failure("Exec.open", { _tag: "Protocol", detail: `the server chose subprotocol "${protocol}"` }))
    )
  })
  ws.on("unexpected-response", (request, response) => {
    readRefusal(response).then((body) => {
      const status = statusOfResponse(response.statusCode ?? 0, body)
      Deferred.doneUnsafe(handshake, Exit.fail(failure("Exec.open", reasonFromContainerStatus(status, access))))
      request.destroy()
    })
  })
  ws.on("error", (error: Error) => {
    lastTrouble ??= failureDetail(error)
    // has no effect once the handshake is over
    Deferred.doneUnsafe(handshake, Exit.fail(failure("Exec.open", handshakeReason(error, address))))
  })
  ws.on("close", (code: number) => {
    isClosed = true
    settle({ _tag: "Lost", detail: lastTrouble ?? `closed with code ${code} and no status` })
    Deferred.doneUnsafe(closed, Exit.void)
    wakeReader()
  })

  const takeBatch = (): Exit.Exit<[ExecOutput, ...Array<ExecOutput>], KubeError | Cause.Done> | undefined => {
    const [first, ...rest] = unread.splice(0)
    if (first !== undefined) {
      unreadBytes = 0
      intake?.take()
      if (ws.isPaused) ws.resume()
      return Exit.succeed([first, ...rest])
    }
    if (!isClosed) return undefined
    return settled?._tag === "Exited" || settled?._tag === "Failed"
      ? Exit.fail(Cause.Done())
      : Exit.fail(failure("Exec.output", { _tag: "Cut", detail: describeEnd() }))
  }
  const pull = Effect.callback<[ExecOutput, ...Array<ExecOutput>], KubeError | Cause.Done>((resume) => {
    const ready = takeBatch()
    if (ready !== undefined) return resume(ready)
    reader = () => {
      const late = takeBatch()
      if (late === undefined) return
      reader = undefined
      resume(late)
    }
    return Effect.sync(() => {
      reader = undefined
    })
  })

  const sender = makeExecSender(ws, pulse, {
    isOver: () => settled !== undefined,
    failed: (error) => {
      lastTrouble ??= failureDetail(error)
    },
    failure: () => failure("Exec.send", { _tag: "Cut", detail: describeEnd() })
  })

  const channel = (protocol: ExecProtocol): ExecChannel => ({
    protocol,
    send: sender.send,
    closeStdin: canCloseStdin(protocol) ? sender.closeStdin : Effect.void,
    output: Stream.fromPull(Effect.succeed(pull)),
    outcome: Deferred.await(outcome)
  })

  const untilDead = Effect.map(pulse.untilDead, (silence) => {
    lastTrouble = `nothing was heard from the server for ${silence / 1000} s`
    ws.terminate()
  })
  const afterStatus = Deferred.await(outcome).pipe(
    Effect.andThen(Effect.timeoutOption(Deferred.await(closed), closeWait)),
    Effect.andThen(Effect.sync(() => ws.terminate()))
  )

  return {
    opened: Effect.map(Deferred.await(handshake), channel),
    watchOver: Effect.raceFirst(untilDead, afterStatus),
    shutdown: Effect.suspend(() => {
      if (isClosed) return Effect.void
      settle({ _tag: "Aborted" })
      discarding = true
      if (ws.readyState === ws.CONNECTING) {
        ws.terminate()
        return Effect.void
      }
      if (ws.isPaused) ws.resume()
      ws.close(1000)
      return Deferred.await(closed).pipe(
        Effect.timeoutOption(closeWait),
        Effect.andThen(Effect.sync(() => ws.terminate()))
      )
    })
  }
}
