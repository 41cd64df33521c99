/**
 * The sending side of one exec's WebSocket: cuts stdin into messages, one sender at a time, and
 * holds senders back while the socket has taken as much as it may hold. Buffers that the socket has
 * released are used again.
 */
import type { WebSocket } from "@effect/platform-node/NodeWS"
import { Effect, Semaphore } from "effect"
import type { KubeError } from "../error/KubeError.ts"
import { closeStdinFrame, largestPayload, stdinFrame } from "./ExecFrame.ts"
import type { ExecPulse } from "./ExecPulse.ts"

/**
 * Bytes sent but not yet taken by the socket, at most. Research figure: more gains nothing, a
 * stalled peer holds this much.
 */
const sendWindow = 1024 * 1024

/**
 * Messages below this get a buffer of their own, so that a channel that says little holds no large
 * one.
 */
const smallPayload = 16 * 1024

/** What the sender must know of the exec, and tell it. */
export interface SendingExec {
  /** It has an outcome: there is nobody to send to. */
  readonly isOver: () => boolean
  /** The socket did not take a message. */
  readonly failed: (error: Error) => void
  /** Why nothing can be sent any more. */
  readonly failure: () => KubeError
}

/** The sending side of one exec's socket. */
export const makeExecSender = (ws: WebSocket, pulse: ExecPulse, exec: SendingExec) => {
  const turn = Semaphore.makeUnsafe(1)
  let hasFailed = false
  /** Continues with what waits for the socket. */
  let waiting: (() => void) | undefined

  /**
   * Buffers of messages that the socket has taken, to be used again; never more than the window
   * holds.
   */
  const rooms: Array<Uint8Array> = []
  const roomFor = (payload: number): Uint8Array =>
    payload < smallPayload ? Buffer.allocUnsafe(1 + payload) : (rooms.pop() ?? Buffer.allocUnsafe(1 + largestPayload))

  const transmit = (message: Uint8Array, room?: Uint8Array) => {
    pulse.sends(message.length)
    ws.send(message, { binary: true, compress: false }, (error) => {
      pulse.took(message.length)
      if (room !== undefined && room.length > largestPayload) rooms.push(room)
      if (error != null) {
        hasFailed = true
        exec.failed(error)
      }
      waiting?.()
    })
  }

  // A socket that is going down swallows messages before it says that it is closed.
  const isOver = () => exec.isOver() || hasFailed || ws.readyState !== ws.OPEN

  /**
   * Hands over what `next` gives until that is nothing; resumes when at most `limit` bytes are
   * still with the socket.
   */
  const write = (next: () => boolean, limit: number) =>
    Effect.callback<void, KubeError>((resume) => {
      let more = true
      const go = () => {
        if (isOver()) {
          waiting = undefined
          return resume(Effect.fail(exec.failure()))
        }
        while (more && pulse.inFlight < sendWindow) more = next()
        if (more || pulse.inFlight > limit) return
        waiting = undefined
        resume(Effect.void)
      }
      waiting = go
      go()
      return Effect.sync(() => {
        waiting = undefined
      })
    })

  const sendStdin = (bytes: Uint8Array) => {
    let offset = 0
    return write(() => {
      const payload = bytes.subarray(offset, offset + largestPayload)
      if (payload.length === 0) return false
      const room = roomFor(payload.length)
      transmit(stdinFrame(payload, room), room)
      offset += payload.length
      return offset < bytes.length
    }, sendWindow)
  }

  const closeStdin = () =>
    write(() => {
      transmit(closeStdinFrame)
      return false
    }, 0)

  return {
    /**
     * Sends bytes to the command's stdin; returns when they are with the socket and the window is
     * not full.
     */
    send: (bytes: Uint8Array): Effect.Effect<void, KubeError> =>
      turn.withPermit(Effect.suspend(() => sendStdin(bytes))),
    /** Ends the command's stdin, once the socket has taken all that was sent (v5 alone). */
    closeStdin: turn.withPermit(Effect.suspend(closeStdin)),
    /** To be called when the exec is over: a sender that waits then fails. */
    wake: () => waiting?.()
  }
}
