/**
 * Carries out one run's exchange with its helper container: inputs in, log lines out as they are
 * written, exit code and output files. One exec does it all; when that is cut, the next one
 * continues at the byte where the last one ended. Speaks to the pod through `Exec` alone and
 * decides nothing about the run.
 */
import { randomBytes } from "node:crypto"
import { Exec, type ExecChannel, type ExecOutput, type KubeError } from "@podwright/k8s-io"
import { Cause, Deferred, Effect, Fiber, type FileSystem, type Scope, Stream } from "effect"
import { FileSyncError, helperReason, isPodMissing } from "../FileSyncError.ts"
import { Channel, Corrupt, Lost, Protocol } from "../FileSyncReason.ts"
import type { InputArchive } from "../inputs/InputArchive.ts"
import { sendInputs } from "../inputs/InputSender.ts"
import type { PlacedOutputs } from "../outputs/OutputFiles.ts"
import { makeOutputReceiver } from "../outputs/OutputReceiver.ts"
import { PIECE_BYTES } from "../pieces/Piece.ts"
import { endedEarly, lastWords } from "./SessionEnd.ts"
import { makeSessionLines } from "./SessionLines.ts"
import type { SessionLog, SessionPlan } from "./SessionPlan.ts"
import { type SessionOutput, SessionParser } from "./SessionRecord.ts"
import type { SessionRequest, SessionResult } from "./SessionRequest.ts"
import { secondCommand, sessionCommand } from "./SessionScript.ts"
import { initialState, isComplete, onRecord, type SessionState } from "./SessionState.ts"

/**
 * How long main's exit file may stay away after the kubelet reported its end. It is written before
 * the container ends and read within one poll of the session (300 ms at most), so a second is
 * ample; without it main died with its gate.
 */
const EXIT_FILE_GRACE = "1 second"

/** Damaged transfers are retried this often: damage that repeats is no accident of the wire. */
const CORRUPT_ATTEMPTS = 3

/**
 * So much stderr may come before the record that says it is main's, bytes: the two channels of an
 * exec are seldom apart by more than a few hundred KiB, and a shell that complains has said it by
 * then.
 */
const EARLY_LIMIT = 8 * 1024 * 1024

/**
 * Inputs from here on go through two execs at once: a node's runtime takes the bytes of one in a
 * single thread, some 100 MB/s of them. Smaller ones would not gain what opening it takes.
 */
const PARALLEL_BYTES = 4 * PIECE_BYTES

const encoder = new TextEncoder()

/**
 * Runs sessions until one has completed; the cursor and what has been collected outlive each of
 * them.
 */
export const runSession = Effect.fn("PodSession.run")(function* (
  request: SessionRequest
): Effect.fn.Return<SessionResult, FileSyncError, Exec | FileSystem.FileSystem | Scope.Scope> {
  const fail = (operation: FileSyncError["operation"], reason: FileSyncError["reason"]) =>
    new FileSyncError({ operation, pod: request.pod, reason })
  const lines = makeSessionLines(request.cursor, request.onEvent)
  /** The kubelet reported main's end so long ago that an exit file will not come any more. */
  const abandoned = yield* Deferred.make<void>()
  const told = { opened: false, delivered: false, exited: false }
  const { compression = "none" } = request
  let corrupt = 0
  let failures = 0

  if (request.log) {
    yield* request.mainEnded.pipe(
      Effect.andThen(Effect.sleep(EXIT_FILE_GRACE)),
      Effect.andThen(Deferred.succeed(abandoned, undefined)),
      Effect.forkScoped
    )
  }

  /** One exec; undefined when it waited for an exit file which will not come. */
  const attempt = Effect.fnUntraced(function* (): Effect.fn.Return<
    SessionResult | undefined,
    FileSyncError,
    Exec | FileSystem.FileSystem | Scope.Scope
  > {
    const exec = yield* Exec
    const nonce = randomBytes(16).toString("hex")
    const log: SessionLog = !request.log ? "none" : (yield* Deferred.isDone(abandoned)) ? "final" : "follow"
    const plan: SessionPlan = {
      volumeRoot: request.volumeRoot,
      podUid: request.podUid,
      container: request.container,
      inputBytes: request.inputs?.bytes,
      log,
      compression,
      streams: (request.inputs?.bytes ?? 0) < PARALLEL_BYTES ? 1 : 2,
      cursor: { ...lines.received },
      outputs: request.outputs?.selection
    }
    const subject = { namespace: request.namespace, name: request.pod, container: request.container }
    const channelFailed = (error: KubeError) => fail("run session", new Channel({ error }))
    const open = (command: ReadonlyArray<string>): Effect.Effect<ExecChannel, FileSyncError, Scope.Scope> =>
      exec
        .open({
          namespace: request.namespace,
          pod: request.pod,
          container: request.container,
          command,
          // every input has a length, so that nothing needs stdin to end
          protocols: ["v4.channel.k8s.io"],
          lendsOutput: true
        })
        .pipe(Effect.mapError(channelFailed))
    const channel = yield* open(sessionCommand(plan, nonce))
    const say = (word: string) => channel.send(encoder.encode(`${word}\n`)).pipe(Effect.mapError(channelFailed))

    const parser = new SessionParser(nonce)
    const completed = yield* Deferred.make<SessionResult, FileSyncError>()
    const upload = { fiber: undefined as Fiber.Fiber<string, FileSyncError> | undefined }
    let state: SessionState = initialState
    let placed: PlacedOutputs = { files: {}, broken: [] }
    const outputs = makeOutputReceiver({
      pod: request.pod,
      outputs: request.outputs,
      compression,
      onFailure: (cause) => Deferred.failCause(completed, cause),
      onProgress: request.onEvent
    })
    // Stderr has a channel of its own, so its bytes may come before the record that says they are
    // main's; until then they could as well be the complaint of a shell that does not get as far.
    let logBegun = false
    const early: Array<Uint8Array> = []
    let earlyBytes = 0

    const keepEarly = Effect.fnUntraced(function* (bytes: Uint8Array) {
      early.push(new Uint8Array(bytes))
      earlyBytes += bytes.length
      if (earlyBytes <= EARLY_LIMIT) return
      // Not lost, if it is main's: the next session begins at the same byte.
      const detail = `more than ${EARLY_LIMIT / 1024 ** 2} MiB of stderr came before the session began${lastWords(early)}`
      return yield* fail("run session", new Lost({ detail }))
    })

    const send = Effect.fnUntraced(function* (inputs: InputArchive) {
      const options = { pod: request.pod, compression, onProgress: request.onEvent }
      if (plan.streams === 1) return yield* sendInputs(inputs, { ...options, channels: [channel] })
      const second = yield* open(secondCommand(plan, nonce))
      const words: Array<Uint8Array> = []
      // It has nothing to say but what went wrong, which may also be with the last that it is sent.
      yield* Stream.runForEach(second.output, ({ bytes }) => Effect.sync(() => words.push(bytes.slice()))).pipe(
        Effect.mapError(channelFailed),
        Effect.andThen(second.outcome),
        Effect.filterOrFail(
          (outcome) => outcome._tag === "Exited" && outcome.code === 0,
          (outcome) => fail("send inputs", endedEarly(outcome, words, subject))
        ),
        Effect.onError((cause) => Deferred.failCause(completed, cause)),
        Effect.forkScoped
      )
      return yield* sendInputs(inputs, { ...options, channels: [channel, second] })
    })

    const onOutput = Effect.fnUntraced(function* (output: SessionOutput) {
      switch (output._tag) {
        case "Log":
          return yield* lines.take("stdout", output.bytes)
        case "Archive": {
          const full = outputs.take(output.bytes)
          if (full !== undefined) yield* full
          return
        }
        case "Garbage":
          return yield* fail("run session", new Protocol({ detail: output.text }))
        case "Record": {
          failures = 0
          if (!told.opened) {
            told.opened = true
            yield* request.onEvent({ _tag: "Opened" })
          }
          const [next, action] = onRecord(state, output.record)
          state = next
          if (output.record._tag === "LogStart") {
            logBegun = true
            for (const bytes of early.splice(0)) yield* lines.take("stderr", bytes)
          }
          switch (action._tag) {
            case "SendInputs": {
              if (request.inputs === undefined) {
                return yield* fail(
                  "send inputs",
                  new Protocol({ detail: "it asked for inputs, and this session has none" })
                )
              }
              if (request.inputs.bytes > 0) {
                // Beside the reader, who may hear of a failure meanwhile.
                upload.fiber = yield* send(request.inputs).pipe(
                  Effect.onError((cause) => Deferred.failCause(completed, cause)),
                  Effect.forkScoped
                )
              }
              return
            }
            case "CheckInputs": {
              if (upload.fiber === undefined) {
                return yield* fail(
                  "send inputs",
                  new Protocol({ detail: "it sent a receipt for inputs that were not sent" })
                )
              }
              const expected = yield* Fiber.join(upload.fiber)
              if (expected !== action.sha256) {
                return yield* fail("send inputs", new Corrupt({ what: "inputs", expected, actual: action.sha256 }))
              }
              return yield* say("accept")
            }
            case "GateOpen":
              if (told.delivered) return
              told.delivered = true
              return yield* request.onEvent({
                _tag: "InputsDelivered",
                bytes: request.inputs?.fileBytes ?? 0,
                files: request.inputs?.files ?? 0
              })
            case "ReportExit": {
              if (lines.received.stdout !== action.exit.stdoutBytes) {
                const expected = `${action.exit.stdoutBytes} bytes of stdout`
                return yield* fail(
                  "read log",
                  new Corrupt({ what: "log", expected, actual: String(lines.received.stdout) })
                )
              }
              yield* lines.finish("stdout")
              if (told.exited) return
              told.exited = true
              return yield* request.onEvent({ _tag: "Exited", exit: action.exit })
            }
            case "StageOutputs":
              return yield* outputs.begin()
            case "TakePiece":
              return yield* outputs.piece(action.bytes)
            case "CheckOutputs":
              return yield* outputs.check(action.sha256)
            case "CommitOutputs": {
              const committed = yield* outputs.commit
              if (committed === undefined) return
              placed = committed
              return
            }
            case "Fail":
              return yield* fail("run session", helperReason(action.stage, action.detail))
            case "None":
              return
          }
        }
      }
    })

    const onChunk = Effect.fnUntraced(function* (outputs: ReadonlyArray<ExecOutput>) {
      for (const { stream, bytes } of outputs) {
        if (stream === "stderr" && !logBegun) yield* keepEarly(bytes)
        else if (stream === "stderr") yield* lines.take("stderr", bytes)
        else for (const output of parser.push(bytes)) yield* onOutput(output)
      }
      if (!isComplete(state, lines.received)) return
      yield* lines.finish("stderr")
      if (request.log) yield* request.onEvent({ _tag: "LogEnded", cursor: lines.cursor() })
      // A link without its target, asked for by name, is not what was asked for.
      const missing = (request.outputs?.selection.names ?? []).filter(
        (name, index) => state.missing.includes(index) || placed.broken.includes(name)
      )
      const result: SessionResult = { exit: state.exit, files: placed.files, missing }
      yield* say(request.farewell(result))
      yield* Deferred.succeed(completed, result)
    })

    const exitEarly = Effect.flatMap(channel.outcome, (outcome) =>
      fail("run session", endedEarly(outcome, early, subject))
    )

    // It stops the reading and never a listener: lines that are being told must not be told by
    // half. Asked at each pull, because what is pulled may be overwritten once more is.
    const inVain = Effect.andThen(Deferred.await(abandoned), Cause.done())
    const read = Stream.transformPull(channel.output, (pull) =>
      Effect.succeed(Effect.suspend(() => (log === "follow" && !told.exited ? Effect.raceFirst(pull, inVain) : pull)))
    ).pipe(
      Stream.mapError(channelFailed),
      Stream.runForEachArray(onChunk),
      Effect.andThen(Deferred.isDone(abandoned)),
      Effect.flatMap((isAbandoned) => (log === "follow" && !told.exited && isAbandoned ? Effect.undefined : exitEarly))
    )
    return yield* Effect.raceFirst(Deferred.await(completed), read)
  })

  /**
   * One attempt and what to make of it: the result, or how long to pause. Apart from the loop,
   * whose frame would hold the last error through the pause, and with it the whole channel that it
   * came from: 20 KiB of each run that waits for its pod.
   */
  const next = Effect.fnUntraced(function* () {
    const outcome = yield* attempt().pipe(
      Effect.scoped,
      Effect.map((result) =>
        result === undefined ? { _tag: "Abandoned" as const } : { _tag: "Completed" as const, result }
      ),
      Effect.catch((error) => Effect.succeed({ _tag: "Failed" as const, error }))
    )
    if (outcome._tag !== "Failed") return outcome
    const { error } = outcome
    yield* Effect.logDebug(`A session of pod ${request.pod} failed: ${error.message}`)
    if (isPodMissing(error) ? yield* request.podIsGone : !error.retryable) return yield* error
    if (error.reason._tag === "Corrupt" && ++corrupt >= CORRUPT_ATTEMPTS) return yield* error
    const tooEarly = error.reason._tag === "Channel" && error.reason.error.reason._tag === "NotRunningYet"
    if (!tooEarly && ++failures === 1) yield* request.onEvent({ _tag: "Interrupted", error })
    return { _tag: "Pause" as const, failures: tooEarly ? 0 : failures }
  })

  while (true) {
    const outcome = yield* next()
    if (outcome._tag === "Completed") return outcome.result
    if (outcome._tag === "Pause") yield* request.pause(outcome.failures)
  }
}, Effect.scoped)
