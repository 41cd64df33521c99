/**
 * The wire form of Kubernetes' exec over WebSocket (`v4.channel.k8s.io`, `v5.channel.k8s.io`):
 * binary messages whose first byte names a channel. Pure; copies nothing on the way in. Facts:
 * apimachinery `pkg/util/httpstream/wsstream`, KEP-4006.
 */
import { Option } from "effect"
import { type KubeStatus, statusFromText } from "../error/KubeStatus.ts"
import type { ExecOutput } from "./ExecChannel.ts"

/** Channel of stdin, to the server. */
export const stdinChannel = 0
/** Channel of stdout. */
export const stdoutChannel = 1
/** Channel of stderr. */
export const stderrChannel = 2
/** Channel of the closing Status. */
export const statusChannel = 3
/** Channel that half-closes another (v5). */
export const closeChannel = 255

/**
 * Most payload bytes of one message we send. What a server takes one for costs it the same from 28
 * KiB to 232 (512 MiB in turn, see decision 30), and more below. It takes up to 32 MiB but loses
 * data of large ones (seen with tens of MiB), so it is not tried how much is too much.
 */
export const largestPayload = 64 * 1024

/** A message, told apart. `bytes` is a view of the message. */
export type ExecFrame =
  | { readonly _tag: "Output"; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly _tag: "Status"; readonly status: KubeStatus }
  /** Channel 3 with something that is no Status: the outcome stays unknown. */
  | { readonly _tag: "Unreadable"; readonly text: string }
  /**
   * Nothing to act on: the empty message a server opens with, a half-close from it, or a channel
   * not known here.
   */
  | { readonly _tag: "Nothing" }

const nothing: ExecFrame = { _tag: "Nothing" }
const utf8 = new TextDecoder("utf-8", { fatal: false })

/** Reads one whole message from the server. Never throws. */
export const readFrame = (message: Uint8Array): ExecFrame => {
  if (message.length < 2) return nothing
  switch (message[0]) {
    case stdoutChannel:
      return { _tag: "Output", stream: "stdout", bytes: message.subarray(1) }
    case stderrChannel:
      return { _tag: "Output", stream: "stderr", bytes: message.subarray(1) }
    case statusChannel: {
      const text = utf8.decode(message.subarray(1))
      return Option.match(statusFromText(text), {
        onNone: (): ExecFrame => ({ _tag: "Unreadable", text }),
        onSome: (status) => ({ _tag: "Status", status })
      })
    }
    default:
      return nothing
  }
}

/**
 * More than any Status is long; of one that is longer the end is dropped, and with it its sense.
 */
const longestStatus = 64 * 1024

/**
 * Takes messages in parts: output is passed on at once, part by part, so that nobody must put a
 * message together; anything else is given out whole, to be read by `readFrame`.
 */
export class FrameParts {
  #channel: number | undefined
  #kept: Array<Uint8Array> = []
  #keptBytes = 0

  push(bytes: Uint8Array, isFirst: boolean, isLast: boolean): ExecOutput | Uint8Array | undefined {
    if (isFirst && isLast) return bytes
    const rest = isFirst ? bytes.subarray(1) : bytes
    if (isFirst) this.#channel = bytes[0]
    if (this.#channel === stdoutChannel || this.#channel === stderrChannel)
      return rest.length === 0
        ? undefined
        : { stream: this.#channel === stdoutChannel ? "stdout" : "stderr", bytes: rest }
    if (this.#keptBytes < longestStatus) this.#kept.push(Uint8Array.from(bytes))
    this.#keptBytes += bytes.length
    if (!isLast) return undefined
    const whole = Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptBytes = 0
    return whole
  }
}

/**
 * Writes the message that carries `bytes` to stdin into `room`, which must hold one byte more, and
 * returns it.
 */
export const stdinFrame = (bytes: Uint8Array, room: Uint8Array): Uint8Array => {
  room[0] = stdinChannel
  room.set(bytes, 1)
  return room.subarray(0, 1 + bytes.length)
}

/** The v5 message that half-closes stdin: exactly two bytes, or the server drops the connection. */
export const closeStdinFrame: Uint8Array = Uint8Array.of(closeChannel, stdinChannel)
