/**
 * Keeps what is known of one run and tells it as events: phase times, node, line counts. The only
 * place where events are made, so that facts and events agree.
 */
import type { LogEvent, OutputFiles, ReportedLines, TransferProgress } from "@podwright/file-sync"
import type { KubeEvent, ServerNotice } from "@podwright/k8s-io"
import { Clock, Effect } from "effect"
import type { Diagnosis } from "../diagnosis/Diagnosis.ts"
import type { PodObservation } from "../diagnosis/PodObservation.ts"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import { STARTING_PATIENCE_SECONDS } from "../pod/PersistentRequest.ts"
import { containerFacts } from "../task/ContainerFacts.ts"
import { LogTail } from "../task/LogTail.ts"
import { LogValues } from "../task/LogValues.ts"
import { RunEvent } from "../task/RunEvent.ts"
import type { RunPhase } from "../task/RunPhase.ts"
import type { RunFacts, RunResult } from "../task/RunResult.ts"
import { serverEvent } from "../task/ServerEvent.ts"

export interface RunJournal {
  /** What is known now. */
  readonly facts: Effect.Effect<RunFacts>
  /** The run reached a phase; a phase is reached once, later calls change nothing. */
  readonly phase: (phase: RunPhase, detail?: string) => Effect.Effect<void>
  readonly node: (name: string) => Effect.Effect<void>
  /** What the pod's status says now. */
  readonly seen: (pod: PodObservation) => void
  /** A container's exit code, which the kubelet tells later. */
  readonly exited: (container: string, exitCode: number) => void
  /**
   * When something last came from the pod, by the monotonic clock, and how far its outputs had come
   * by then.
   */
  readonly arrival: Effect.Effect<{ readonly at: number; readonly outputs: TransferProgress | undefined }>
  /** What scheduler or kubelet said; nothing once the run has ended. */
  readonly podEvent: (event: KubeEvent) => Effect.Effect<void>
  /** What the command printed last, for the diagnosis of one that failed. */
  readonly lastLines: Effect.Effect<ReadonlyArray<string>>
  readonly log: (event: LogEvent) => Effect.Effect<void>
  readonly progress: (progress: TransferProgress) => Effect.Effect<void>
  /** Something stands in the way; the same diagnosis is told once. */
  readonly waiting: (diagnosis: Diagnosis) => Effect.Effect<void>
  /** The API server does not answer, or does again. */
  readonly server: (notice: ServerNotice) => Effect.Effect<void>
  readonly warn: (message: string) => Effect.Effect<void>
  /**
   * A session that the pod had answered was lost, and is made again: until now it was the
   * connection that was silent, not the pod.
   */
  readonly interrupted: (message: string) => Effect.Effect<void>
  /** Outputs of a command that was stopped. */
  readonly brought: (files: OutputFiles) => void
  readonly finished: (result: RunResult) => Effect.Effect<void>
  /**
   * The run has ended, one way or another: what becomes of its pod is reported no more, but for
   * warnings, which are logged.
   */
  readonly close: Effect.Effect<void>
}

/**
 * Opens the journal of the run of one pod; every event goes to `emit`, which may suspend to hold
 * the run back.
 */
export const openJournal = Effect.fnUntraced(function* (
  pod: { readonly namespace: string; readonly name: string },
  emit: (event: RunEvent) => Effect.Effect<void>
) {
  const submitted = yield* monotonicMillis
  const timings: { -readonly [phase in RunPhase]?: number } = {}
  let created = false
  const logLines = { stdout: 0, stderr: 0 }
  let logGaps = 0
  const values = new LogValues()
  const tail = new LogTail()
  let node: string | null = null
  let told: string | undefined
  let containers: RunFacts["containers"] = {}
  const exits = new Map<string, number>()
  let arrived = submitted
  let outputs: TransferProgress | undefined
  let outputFiles: OutputFiles | undefined
  let ended = false

  const containersKnown = (): RunFacts["containers"] => {
    const known = { ...containers }
    for (const [name, exitCode] of exits) {
      const told = known[name] ?? { imageID: null, exitCode: null, reason: null }
      known[name] = { ...told, exitCode: told.exitCode ?? exitCode }
    }
    return known
  }

  const facts = Effect.sync(
    (): RunFacts => ({
      pod: created ? pod.name : null,
      namespace: pod.namespace,
      node,
      timings: { ...timings },
      containers: containersKnown(),
      logLines: { ...logLines },
      logGaps,
      outputs: values.outputs,
      metrics: values.metrics,
      ...(outputFiles === undefined ? {} : { outputFiles })
    })
  )

  const at = Clock.currentTimeMillis
  const lines = Effect.fnUntraced(function* ({ cursor, ending, lines, stream }: ReportedLines) {
    // A piece of a line counts with its last piece.
    tail.add(stream, lines)
    logLines[stream] += ending === "continues" ? lines.length - 1 : lines.length
    const how = ending === "newline" ? {} : { ending }
    yield* emit({ _tag: "Log", at: yield* at, stream, lines, cursor, ...how })
  })
  const release = Effect.suspend(() => Effect.forEach(values.release(), lines, { discard: true }))
  const warn = Effect.fnUntraced(function* (message: string) {
    // Of a pod that outlasts its run.
    if (ended) return yield* Effect.logWarning(message)
    yield* emit({ _tag: "Warning", at: yield* at, message })
  })
  const arrives = Effect.map(monotonicMillis, (now) => {
    arrived = now
  })
  const journal: RunJournal = {
    facts,
    exited: (container, exitCode) => {
      exits.set(container, exitCode)
    },
    arrival: Effect.sync(() => ({ at: arrived, outputs })),
    phase: Effect.fnUntraced(function* (phase, detail) {
      if (Object.hasOwn(timings, phase)) return
      if (phase === "created" || phase === "adopted") created = true
      const now = yield* at
      timings[phase] = (yield* monotonicMillis) - submitted
      if (ended) return
      yield* emit(
        RunEvent.make({
          _tag: "Phase",
          at: now,
          phase,
          pod: pod.name,
          ...(node === null ? {} : { node }),
          ...(detail === undefined ? {} : { detail })
        })
      )
    }),
    node: (name) =>
      Effect.sync(() => {
        node = name
      }),
    seen: (pod) => {
      containers = containerFacts(pod)
    },
    podEvent: Effect.fnUntraced(function* ({ count, involvedObject, message, reason, series, type }) {
      if (ended) return
      const container = /\{(.+)\}$/.exec(involvedObject?.fieldPath ?? "")?.[1]
      yield* emit({
        _tag: "PodEvent",
        at: yield* at,
        type: type ?? "Normal",
        reason: reason ?? "",
        message: message ?? "",
        count: series?.count ?? count ?? 1,
        ...(container === undefined ? {} : { container })
      })
    }),
    lastLines: Effect.sync(() => tail.lines),
    log: Effect.fnUntraced(function* (event) {
      yield* arrives
      switch (event._tag) {
        case "Lines": {
          const taken = values.take(event)
          for (const message of taken.warnings) yield* warn(message)
          for (const told of taken.lines) yield* lines(told)
          if (taken.values === undefined) return
          const { cursor, stream } = event
          return yield* emit({ _tag: "Values", at: yield* at, stream, cursor, ...taken.values })
        }
        case "Replayed":
          // What was odd about them has been told with them.
          values.take(event)
          return
        case "Gap": {
          yield* release
          logGaps += 1
          const { after = null, before = null, cause } = event.gap
          return yield* emit({ _tag: "LogGap", at: yield* at, after, before, cause })
        }
        case "LogEnded":
          return yield* release
      }
    }),
    progress: Effect.fnUntraced(function* (progress) {
      yield* arrives
      if (progress.direction === "outputs") outputs = progress
      yield* emit({ ...progress, at: yield* at })
    }),
    waiting: Effect.fnUntraced(function* (diagnosis) {
      if (told === diagnosis.summary) return
      told = diagnosis.summary
      yield* emit({ _tag: "Waiting", at: yield* at, diagnosis })
    }),
    server: Effect.fnUntraced(function* (notice) {
      if (ended) return
      const patience = created ? "within the limits of the run" : `for up to ${STARTING_PATIENCE_SECONDS} s`
      yield* emit(serverEvent(notice, patience, yield* at))
    }),
    warn,
    // A pod that is being deleted ends its sessions: that is no trouble, and nothing has arrived.
    interrupted: (message) =>
      Effect.suspend(() =>
        timings.deleting === undefined ? Effect.andThen(arrives, warn(`reconnecting: ${message}`)) : Effect.void
      ),
    brought: (files) => {
      outputFiles = files
    },
    finished: Effect.fnUntraced(function* (result) {
      ended = true
      yield* emit({ _tag: "Finished", at: yield* at, result })
    }),
    close: Effect.sync(() => {
      ended = true
    })
  }
  yield* journal.phase("submitted")
  return journal
})
