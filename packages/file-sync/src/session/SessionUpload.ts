/**
 * The inputs of one attempt of a session: sent when the helper asks for them, through the session's
 * exec and for large ones through a second, and compared with the helper's receipt. Speaks to the
 * pod through the channels that it is given.
 */
import type { ExecChannel, KubeSubject } from "@podwright/k8s-io"
import { type Cause, Effect, Fiber, type Scope, Stream } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { Channel, Corrupt, Protocol } from "../FileSyncReason.ts"
import type { InputArchive } from "../inputs/InputArchive.ts"
import { type InputSenderOptions, sendInputs } from "../inputs/InputSender.ts"
import { endedEarly } from "./SessionEnd.ts"

export interface SessionUploadOptions extends Omit<InputSenderOptions, "channels"> {
  /** Undefined when the session delivers none. */
  readonly inputs: InputArchive | undefined
  /** The session's own exec. */
  readonly channel: ExecChannel
  /** Opens the second exec; undefined for inputs that go through one. */
  readonly openSecond: Effect.Effect<ExecChannel, FileSyncError, Scope.Scope> | undefined
  /** The container, for the second exec's errors. */
  readonly subject: KubeSubject
  /** Called at once when sending fails; the reader may be waiting for the helper. */
  readonly onFailure: (cause: Cause.Cause<FileSyncError>) => Effect.Effect<unknown>
}

/** Call `begin` when the helper asks for inputs, then `check` with its receipt. */
export const makeSessionUpload = (options: SessionUploadOptions) => {
  const { channel, inputs, onFailure, openSecond, pod, subject } = options
  const fail = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "send inputs", pod, reason })
  let sending: Fiber.Fiber<string, FileSyncError> | undefined

  /**
   * Reads the second exec, which reports nothing but a failure, perhaps with the last piece only.
   */
  const watch = Effect.fnUntraced(function* (second: ExecChannel) {
    const words: Array<Uint8Array> = []
    yield* Stream.runForEach(second.output, ({ bytes }) => Effect.sync(() => words.push(bytes.slice()))).pipe(
      Effect.mapError((error) => fail(new Channel({ error })))
    )
    const outcome = yield* second.outcome
    if (outcome._tag !== "Exited" || outcome.code !== 0) return yield* fail(endedEarly(outcome, words, subject))
  })

  const send = Effect.fnUntraced(function* (archive: InputArchive) {
    if (openSecond === undefined) return yield* sendInputs(archive, { ...options, channels: [channel] })
    const second = yield* openSecond
    yield* watch(second).pipe(Effect.onError(onFailure), Effect.forkScoped)
    return yield* sendInputs(archive, { ...options, channels: [channel, second] })
  })

  return {
    /**
     * The helper asks for the inputs. They are sent beside the reader, which may see a failure
     * meanwhile.
     */
    begin: Effect.fnUntraced(function* () {
      if (inputs === undefined) {
        return yield* fail(new Protocol({ detail: "it asked for inputs, and this session has none" }))
      }
      if (inputs.bytes === 0) return
      sending = yield* send(inputs).pipe(Effect.onError(onFailure), Effect.forkScoped)
    }),

    /** Compares the helper's receipt with ours. */
    check: Effect.fnUntraced(function* (actual: string) {
      if (sending === undefined) {
        return yield* fail(new Protocol({ detail: "it sent a receipt for inputs that were not sent" }))
      }
      const expected = yield* Fiber.join(sending)
      if (expected !== actual) return yield* fail(new Corrupt({ what: "inputs", expected, actual }))
    })
  }
}
