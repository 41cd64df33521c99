/**
 * One exec of a session: opens it, reads records, log and outputs, sends the inputs and answers the
 * helper. `PodSession.ts` repeats it until one has completed. Speaks to the pod through `Exec`
 * alone and decides nothing about the run.
 */
import { randomBytes } from "node:crypto"
import { Exec, type ExecOutput, type KubeError } from "@podwright/k8s-io"
import { Cause, Deferred, Effect, type FileSystem, type Scope, Stream } from "effect"
import { FileSyncError, helperReason } from "../FileSyncError.ts"
import { Channel, Corrupt, Lost, Protocol } from "../FileSyncReason.ts"
import { nothingPlaced } from "../outputs/OutputFile.ts"
import { outputsOf } from "../outputs/OutputOutcome.ts"
import { makeOutputReceiver } from "../outputs/OutputReceiver.ts"
import { PIECE_BYTES } from "../pieces/Piece.ts"
import { EARLY_LIMIT, EarlyStderr } from "./EarlyStderr.ts"
import { endedEarly, lastWords } from "./SessionEnd.ts"
import type { SessionLines } from "./SessionLines.ts"
import type { SessionLog, SessionPlan } from "./SessionPlan.ts"
import { type SessionOutput, SessionParser, type SessionRecord } from "./SessionRecord.ts"
import type { SessionRequest, SessionResult } from "./SessionRequest.ts"
import { secondCommand, sessionCommand } from "./SessionScript.ts"
import { initialState, isComplete, onRecord, type SessionAction, type SessionExit } from "./SessionState.ts"
import { makeSessionUpload } from "./SessionUpload.ts"

/**
 * Inputs of this size and more go through two execs at once: a node's runtime copies the bytes of
 * one exec in a single thread, some 100 MB/s. Smaller ones would gain less than opening it takes.
 */
const PARALLEL_BYTES = 4 * PIECE_BYTES

/** What the attempts of one session share. */
export interface SessionMemory {
  readonly lines: SessionLines
  /** Completes when main ended so long ago that its exit file will not come any more. */
  readonly abandoned: Deferred.Deferred<void>
  /** Events that are reported once, whatever the number of attempts. */
  readonly reported: { opened: boolean; delivered: boolean; exited: boolean }
  /** Failures in a row since the helper last answered. */
  failures: number
}

const planOf = (request: SessionRequest, log: SessionLog, { received }: SessionLines): SessionPlan => ({
  volumeRoot: request.volumeRoot,
  podUid: request.podUid,
  container: request.container,
  inputBytes: request.inputs?.bytes,
  log,
  compression: request.compression ?? "none",
  streams: request.inputs === undefined || request.inputs.bytes < PARALLEL_BYTES ? 1 : 2,
  cursor: { ...received },
  outputs: request.outputs?.selection
})

const encoder = new TextEncoder()

/** Runs one exec; undefined when it waited for an exit file that will not come. */
export const attemptSession = Effect.fnUntraced(function* (
  request: SessionRequest,
  memory: SessionMemory
): Effect.fn.Return<SessionResult | undefined, FileSyncError, Exec | FileSystem.FileSystem | Scope.Scope> {
  const { abandoned, lines, reported } = memory
  const { container, inputs, namespace, onEvent, pod } = request
  const exec = yield* Exec
  const nonce = randomBytes(16).toString("hex")
  const log = !request.log ? "none" : (yield* Deferred.isDone(abandoned)) ? "final" : "follow"
  const plan = planOf(request, log, lines)
  const names = request.outputs?.selection.names ?? []
  const { compression } = plan
  const subject = { namespace, name: pod, container }

  const fail = (operation: FileSyncError["operation"], reason: FileSyncError["reason"]) =>
    new FileSyncError({ operation, pod, reason })
  const channelFailed = (error: KubeError) => fail("run session", new Channel({ error }))
  const open = (command: ReadonlyArray<string>) =>
    // Every input has a length, so nothing needs stdin to end, which v4 cannot signal.
    exec
      .open({ namespace, pod, container, command, protocols: ["v4.channel.k8s.io"], lendsOutput: true })
      .pipe(Effect.mapError(channelFailed))
  const channel = yield* open(sessionCommand(plan, nonce))
  const say = (word: string) => channel.send(encoder.encode(`${word}\n`)).pipe(Effect.mapError(channelFailed))

  const completed = yield* Deferred.make<SessionResult, FileSyncError>()
  const transfer = {
    pod,
    compression,
    onFailure: (cause: Cause.Cause<FileSyncError>) => Deferred.failCause(completed, cause),
    onProgress: onEvent
  }
  const openSecond = plan.streams === 1 ? undefined : open(secondCommand(plan, nonce))
  const upload = makeSessionUpload({ ...transfer, inputs, channel, openSecond, subject })
  const outputs = makeOutputReceiver({ ...transfer, volumeRoot: request.volumeRoot, outputs: request.outputs })
  const parser = new SessionParser(nonce)
  const early = new EarlyStderr()
  let logBegun = false
  let state = initialState
  let placed = nothingPlaced

  const takeStderr = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (logBegun) return yield* lines.take("stderr", bytes)
    if (early.keep(bytes)) return
    // Not lost if it is main's: the next session begins at the same byte.
    const detail = `more than ${EARLY_LIMIT / 1024 ** 2} MiB of stderr came before the session began${lastWords(early.chunks)}`
    return yield* fail("run session", new Lost({ detail }))
  })

  const opened = Effect.suspend(() => {
    memory.failures = 0
    if (reported.opened) return Effect.void
    reported.opened = true
    return onEvent({ _tag: "Opened" })
  })

  const gateOpen = Effect.suspend(() => {
    if (reported.delivered) return Effect.void
    reported.delivered = true
    const { fileBytes = 0, files = 0, leftOut = 0 } = inputs ?? {}
    return onEvent({ _tag: "InputsDelivered", bytes: fileBytes, files, leftOut })
  })

  const exited = Effect.fnUntraced(function* (exit: SessionExit) {
    if (lines.received.stdout !== exit.stdoutBytes) {
      const expected = `${exit.stdoutBytes} bytes of stdout`
      return yield* fail("read log", new Corrupt({ what: "log", expected, actual: String(lines.received.stdout) }))
    }
    yield* lines.finish("stdout")
    if (reported.exited) return
    reported.exited = true
    yield* onEvent({ _tag: "Exited", exit })
  })

  const nameOf = (index: number) => {
    const name = names[index]
    return name === undefined
      ? fail("collect outputs", new Protocol({ detail: `it sent an output of no name (${index})` }))
      : Effect.succeed(name)
  }

  const perform = Effect.fnUntraced(function* (action: SessionAction) {
    switch (action._tag) {
      case "SendInputs":
        return yield* upload.begin()
      case "CheckInputs":
        yield* upload.check(action.sha256)
        return yield* say("accept")
      case "GateOpen":
        return yield* gateOpen
      case "ReportExit":
        return yield* exited(action.exit)
      case "StageOutputs":
        return yield* outputs.begin(action.of === undefined ? undefined : yield* nameOf(action.of))
      case "TakePiece":
        return yield* outputs.piece(action.bytes)
      case "CheckOutputs":
        return yield* outputs.check(action.sha256)
      case "CommitOutputs":
        placed = (yield* outputs.commit) ?? placed
        return
      case "Fail":
        return yield* fail("run session", helperReason(action.stage, action.detail))
      case "None":
        return
    }
  })

  const onSessionRecord = Effect.fnUntraced(function* (record: SessionRecord) {
    yield* opened
    const [next, action] = onRecord(state, record)
    state = next
    if (record._tag === "LogStart") {
      logBegun = true
      for (const bytes of early.release()) yield* lines.take("stderr", bytes)
    }
    yield* perform(action)
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
      case "Record":
        return yield* onSessionRecord(output.record)
    }
  })

  const complete = Effect.gen(function* () {
    yield* lines.finish("stderr")
    if (request.log) yield* onEvent({ _tag: "LogEnded", cursor: lines.cursor() })
    const result: SessionResult = { exit: state.exit, ...outputsOf(names, state, placed) }
    yield* say(request.farewell(result))
    yield* Deferred.succeed(completed, result)
  })

  const onChunk = Effect.fnUntraced(function* (chunk: ReadonlyArray<ExecOutput>) {
    for (const { bytes, stream } of chunk) {
      if (stream === "stderr") yield* takeStderr(bytes)
      else for (const output of parser.push(bytes)) yield* onOutput(output)
    }
    if (isComplete(state, lines.received)) yield* complete
  })

  const exitEarly = Effect.flatMap(channel.outcome, (outcome) =>
    fail("run session", endedEarly(outcome, early.chunks, subject))
  )

  // It stops the reading and never a listener: lines must not be reported by half. Checked at each
  // pull, because the next pull may overwrite the bytes of the last.
  const inVain = Effect.andThen(Deferred.await(abandoned), Cause.done())
  const waitsForExit = () => log === "follow" && !reported.exited
  const read = Stream.transformPull(channel.output, (pull) =>
    Effect.succeed(Effect.suspend(() => (waitsForExit() ? Effect.raceFirst(pull, inVain) : pull)))
  ).pipe(
    Stream.mapError(channelFailed),
    Stream.runForEachArray(onChunk),
    Effect.andThen(Deferred.isDone(abandoned)),
    Effect.flatMap((isAbandoned) => (waitsForExit() && isAbandoned ? Effect.undefined : exitEarly))
  )
  return yield* Effect.raceFirst(Deferred.await(completed), read)
})
