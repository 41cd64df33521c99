/**
 * Settles a run whose pod has been driven to its command's end: asks the kubelet where it must, and
 * makes the result.
 */
import { PodLog } from "@podwright/k8s-io"
import type { PodPlan } from "@podwright/spec-builder"
import { Effect, Option, Schedule, Schema, Stream } from "effect"
import { diagnoseSilentEnd, OWN_WORDS, withContainerWords, withLastLines } from "../diagnosis/ContainerWords.ts"
import type { Diagnosis } from "../diagnosis/Diagnosis.ts"
import { evidenceOf, explainEnd } from "../diagnosis/EventEvidence.ts"
import {
  type Decision,
  decideOutcome,
  KUBELET_WORD_MS,
  outcomeWithoutKubelet,
  type Witness
} from "../diagnosis/Outcome.ts"
import { mainHasEnded } from "../diagnosis/PodObservation.ts"
import { changeWarnings, missingWords, renameWarnings, skipWarnings } from "../task/OutputWords.ts"
import { RunError } from "../task/RunError.ts"
import { OutputMissing, PodFailed, type RunReason } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import { type Driven, nothingDriven } from "./PodDrive.ts"
import type { Run } from "./Run.ts"

const MainResources = Schema.Struct({ resources: Schema.Struct({ limits: Schema.Struct({ memory: Schema.String }) }) })
const decodeResources = Schema.decodeUnknownOption(MainResources)

/** The memory limit main runs under, for the word on a command that was killed for it. */
const memoryLimit = (plan: PodPlan): string | undefined => {
  const main = plan.manifest.spec.containers.find((container) => container.name === plan.mainContainer)
  return Option.getOrUndefined(decodeResources(main))?.resources.limits.memory
}

/** A log that the node does not give by then is done without. */
const OWN_LOG_WAIT = "5 seconds"

/** The end of a container's own log; empty, with a warning, where it cannot be had. */
const ownLog = (
  { journal, namespace, plan }: Run,
  container: string = plan.mainContainer
): Effect.Effect<string, never, PodLog> =>
  Effect.flatMap(PodLog, (log) =>
    log.read({ namespace, pod: plan.name, container, ...OWN_WORDS }).pipe(Stream.decodeText, Stream.mkString)
  ).pipe(
    Effect.timeout(OWN_LOG_WAIT),
    Effect.catch((error) => Effect.as(journal.warn(`the log of ${container} cannot be read: ${error.message}`), ""))
  )

/**
 * The kubelet's events travel apart from its status, and may come after it: how often, and how far apart, they
 * are looked for where a container was ended and left no receipt. A command that ends by itself leaves one.
 */
const LATE_EVENTS = Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(10)])

/** What the pod's events say of the end; waited for where nothing else explains it. */
const evidence = ({ events, plan }: Run, { cause }: Diagnosis, exitCode: number | undefined) =>
  cause._tag === "Killed" && exitCode === undefined
    ? Effect.repeat(events.evidence, {
        until: (heard) => evidenceOf(heard, plan.mainContainer) !== undefined,
        schedule: LATE_EVENTS
      }).pipe(Effect.andThen(events.evidence))
    : events.evidence

/** Decides the outcome, asking the kubelet where main's receipts do not suffice. */
export const settle = Effect.fnUntraced(function* (run: Run): Effect.fn.Return<Decision, never, PodLog> {
  const outcome = yield* decide(run)
  if (outcome._tag !== "Failed") return outcome
  const { exitCode, silent } = yield* run.stages.receipts
  const heard = yield* evidence(run, outcome.diagnosis, exitCode)
  const explained = explainEnd(outcome.diagnosis, heard, run.plan.mainContainer)
  const diagnosis =
    silent && explained.cause._tag === "CommandFailed"
      ? diagnoseSilentEnd(explained, yield* ownLog(run))
      : withLastLines(explained, yield* run.journal.lastLines)
  return { ...outcome, diagnosis }
})

/** The error with the last words of the task's own container that failed, before its pod is deleted. */
const withWords = Effect.fnUntraced(function* (
  run: Run,
  found: Diagnosis,
  { operation }: RunError
): Effect.fn.Return<RunError, never, PodLog> {
  const log = found.cause._tag === "ContainerFailed" ? yield* ownLog(run, found.cause.container) : ""
  return new RunError({ operation, reason: new PodFailed({ diagnosis: withContainerWords(found, log) }) })
})

const decide = Effect.fnUntraced(function* ({ follow, plan, stages }: Run): Effect.fn.Return<Decision> {
  const limit = memoryLimit(plan)
  const { exitCode, finishedAt } = yield* stages.receipts
  const witness = Effect.map(follow.takenSince, (takenAt): Witness => {
    const known = finishedAt !== undefined && takenAt !== undefined
    return { exitCode, takenAfterMs: known ? takenAt - finishedAt : undefined }
  })
  const decided = decideOutcome(yield* witness, yield* follow.current, limit)
  if (decided._tag !== "Ask") return decided
  const pod = yield* follow
    .until(mainHasEnded)
    .pipe(Effect.timeoutOrElse({ duration: KUBELET_WORD_MS, orElse: () => Effect.undefined }))
  const again = decideOutcome(yield* witness, pod, limit)
  return again._tag === "Ask" ? outcomeWithoutKubelet(yield* witness, yield* follow.current) : again
})

/** Whether it is, or may be, only the outputs that were lost. */
const isOfOutputs = (reason: RunReason): boolean =>
  reason._tag === "Files" ||
  reason._tag === "PodFailed" ||
  (reason._tag === "TimedOut" && reason.stage === "collecting")

/**
 * What becomes of a run that fails when its command has ended: a command that failed has its own
 * code to tell, whatever became of its outputs.
 */
export const settleFailure = Effect.fnUntraced(function* (
  run: Run,
  error: RunError
): Effect.fn.Return<{ readonly driven: Driven; readonly outcome: Decision }, RunError, PodLog> {
  if (error.reason._tag === "PodFailed" && error.reason.diagnosis.cause._tag === "ContainerFailed")
    return yield* yield* withWords(run, error.reason.diagnosis, error)
  const { exitCode } = yield* run.stages.receipts
  const pod = yield* run.follow.current
  const ownCode = exitCode ?? (pod?.main._tag === "Ended" ? pod.main.end.exitCode : undefined)
  const commandFailed = ownCode !== undefined && ownCode !== 0
  if (!commandFailed || !isOfOutputs(error.reason)) return yield* error
  const outcome = yield* settle(run)
  if (outcome._tag !== "Failed") return yield* error
  yield* run.journal.warn(error.message)
  return { driven: nothingDriven, outcome }
})

/**
 * The result of a run whose outcome is decided; a pod that was lost and outputs that were not
 * written are errors.
 */
export const resultOf = Effect.fnUntraced(function* (
  { journal, plan }: Run,
  outcome: Decision,
  driven: Driven
): Effect.fn.Return<RunResult, RunError> {
  if (outcome._tag === "Lost") {
    return yield* new RunError({
      operation: "RunSettlement.result",
      reason: new PodFailed({ diagnosis: outcome.diagnosis })
    })
  }
  const { changed, renamed, skipped } = driven
  for (const warning of [...skipWarnings(skipped), ...renameWarnings(renamed), ...changeWarnings(changed)])
    yield* journal.warn(warning)
  if (outcome._tag === "Succeeded" && driven.missing.length > 0) {
    return yield* new RunError({
      operation: "RunSettlement.result",
      reason: new OutputMissing({
        names: driven.missing,
        ...(driven.skipped.length === 0
          ? {}
          : { skipped: driven.skipped.filter(({ name }) => driven.missing.includes(name)) })
      })
    })
  }
  if (outcome._tag === "Succeeded" && outcome.warning !== undefined) yield* journal.warn(outcome.warning)
  if (driven.missing.length > 0)
    yield* journal.warn(`the command failed and ${missingWords({ names: driven.missing, skipped: driven.skipped })}`)
  const failed = outcome._tag === "Failed"
  return {
    ...(yield* journal.facts),
    pod: plan.name,
    state: failed ? "FAILED" : "SUCCESS",
    exitCode: failed ? outcome.exitCode : 0,
    outputFiles: driven.files,
    ...(driven.skipped.length === 0 ? {} : { skipped: driven.skipped }),
    diagnosis: failed ? outcome.diagnosis : null
  }
})
