/**
 * What `podwright run` does once its flags are read: chooses the cluster, runs the file, says what
 * became of it.
 */
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { LogCursor } from "@podwright/file-sync"
import { TaskRunner } from "@podwright/runner"
import { cacheStoreIn, finishedTasksIn, flowEnd, isFailure, runFlow } from "@podwright/runner/flow"
import { pathProblem } from "@podwright/spec-builder"
import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, exitCodeOfError, exitCodeOfResult } from "../../ExitCode.ts"
import type { TaskEnd } from "../../report/JsonReport.ts"
import { runAdvice, takeOverCommand } from "../../report/RunAdvice.ts"
import { type OutputForm, type RunReporter, runReporter } from "../../report/RunReporter.ts"
import { errorLines } from "../../report/TextReport.ts"
import { hurried, leaveWhenTerminated, linger, terminated } from "../../Termination.ts"
import { connectionOptions } from "../ConnectionFlags.ts"
import { LOCAL_NOTICE, startLocalCluster } from "../cluster/LocalKubeconfig.ts"
import { type GivenFile, readGivenFile } from "../GivenFile.ts"
import { defaultCacheDirectory } from "./CacheDirectory.ts"

/** The flags of the command, as given. */
export interface RunFlags extends GivenFile {
  readonly outputDir: Option.Option<string>
  readonly cacheDir: Option.Option<string>
  readonly noCache: boolean
  readonly refreshCache: boolean
  readonly executionId: Option.Option<string>
  readonly logCursor: Option.Option<string>
  readonly infrastructureRetries: Option.Option<number>
  readonly grace: Option.Option<Duration.Duration>
  readonly output: OutputForm
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
  readonly local: boolean
}

/** What a file's run comes to, however it ended. */
interface Ended {
  /** Undefined where the file was refused before it became an execution. */
  readonly executionId?: string
  readonly ends: ReadonlyArray<TaskEnd>
  readonly outputs: Readonly<Record<string, unknown>>
}

const exitCodeOf = (end: TaskEnd | undefined): number => {
  if (end === undefined || !isFailure(end)) return 0
  return end._tag === "Result" ? exitCodeOfResult(end.result) : exitCodeOfError(end.error)
}

const graceOf = (grace: Duration.Duration) => ({ graceSeconds: Duration.toSeconds(grace) })

const readCursor = Schema.decodeUnknownOption(Schema.fromJsonString(LogCursor), { onExcessProperty: "error" })

/** Which cluster to run on. An embedded one lives in the command's scope. */
const connect = Effect.fnUntraced(function* (
  flags: Pick<RunFlags, "local" | "kubeconfig" | "context">,
  reporter: RunReporter
) {
  if (!flags.local) return connectionOptions(flags)
  const cluster = yield* startLocalCluster({ path: Option.none(), address: Option.none(), port: Option.none() })
  yield* Effect.catch(reporter.note(LOCAL_NOTICE), () => Effect.interrupt)
  return { kubeconfig: cluster.path }
})

export const runCommand = Effect.fnUntraced(function* (flags: RunFlags) {
  const reporter = runReporter(flags.output)
  if (flags.local && (Option.isSome(flags.kubeconfig) || Option.isSome(flags.context))) {
    yield* reporter.problem("--local starts a cluster of its own; remove --kubeconfig and --context")
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  if (flags.noCache && flags.refreshCache) {
    yield* reporter.problem("--no-cache keeps no result and --refresh-cache keeps a new one; give one of them")
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  for (const [flag, path] of [
    ["--output-dir", flags.outputDir],
    ["--cache-dir", flags.cacheDir]
  ] as const) {
    const problem = pathProblem(Option.getOrElse(path, () => ""))
    if (problem === undefined) continue
    yield* reporter.problem(`${flag}: ${problem}`)
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  const logCursor = Option.getOrUndefined(Option.flatMap(flags.logCursor, readCursor))
  if (Option.isSome(flags.logCursor) && (logCursor === undefined || Option.isNone(flags.executionId))) {
    yield* reporter.problem(
      logCursor === undefined
        ? `--log-cursor: expected the \`cursor\` of an event, such as {"_tag":"volume","stdout":120,"stderr":0}; what is given is none`
        : "--log-cursor needs --execution-id: it continues the log of a pod that an earlier process left"
    )
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  // An embedded cluster ends with the process, and its pods with it.
  if (!flags.local) yield* leaveWhenTerminated
  let secretInputs: ReadonlySet<string> = new Set()
  let removals: Effect.Effect<void> = Effect.void
  const { ends, executionId, outputs } = yield* Effect.gen(function* () {
    const { file, inputs, outside } = yield* readGivenFile(flags, (notices) =>
      // A reader that has gone away cancels the run, here as below.
      Effect.catch(Effect.forEach(notices, reporter.note, { discard: true }), () => Effect.interrupt)
    )
    secretInputs = new Set(file.inputs.filter(({ type }) => type === "SECRET").map(({ id }) => id))
    // In the command's scope: when the result is printed, pods may still be on their way out.
    const services = yield* TaskRunner.layerConnecting(yield* connect(flags, reporter)).pipe(
      Layer.provideMerge(NodeHttpClient.layerUndici),
      Layer.provide(NodeFileSystem.layer),
      Layer.build
    )
    // An embedded cluster ends with the command, and its pods with it.
    if (!flags.local) removals = Context.get(services, TaskRunner).removals()
    const cacheDirectory = Option.match(flags.cacheDir, {
      onNone: () => defaultCacheDirectory(process.env, homedir()),
      onSome: (path) => resolve(path)
    })
    const run = Effect.gen(function* () {
      return yield* runFlow(file, {
        inputs,
        outputDirectory: Option.getOrUndefined(Option.map(flags.outputDir, (path) => resolve(path))),
        cache: yield* cacheStoreIn(cacheDirectory),
        cacheMode: flags.noCache ? "ignore" : flags.refreshCache ? "refresh" : "use",
        // Its address and authority are new each time, and what runs in it is this machine's.
        clusterName: flags.local ? "embedded" : undefined,
        finishedTasks: yield* finishedTasksIn(join(cacheDirectory, "executions")),
        infrastructureRetries: Option.getOrUndefined(flags.infrastructureRetries),
        executionId: Option.getOrUndefined(flags.executionId),
        logCursor,
        ...outside,
        detach: terminated,
        stop: { kill: hurried, ...Option.getOrElse(Option.map(flags.grace, graceOf), () => ({})) },
        // A reader that has gone away cancels the run: nobody is left to report to.
        onEvent: (event) => Effect.catch(reporter.event(event), () => Effect.interrupt)
      })
    })
    return yield* Effect.provide(run, services)
  }).pipe(
    Effect.catch((error) => Effect.succeed<Ended>({ ends: [{ _tag: "Error", taskId: null, error }], outputs: {} }))
  )
  const takeOver =
    executionId === undefined ? undefined : takeOverCommand(process.argv.slice(2), executionId, secretInputs)
  for (const end of ends) {
    if (end._tag !== "Error") continue
    const lines = errorLines(end.error)
    const advised = [...lines.slice(0, -1), `${lines.at(-1)}${runAdvice(end.error, takeOver)}`]
    if (isFailure(end)) yield* reporter.problem(...advised)
    else
      yield* Effect.forEach(
        [`task ${end.taskId} failed, and its allowFailure lets the flow continue:`, ...advised],
        reporter.note
      )
  }
  yield* reporter.end(executionId, ends, outputs)
  yield* linger(removals)
  const code = exitCodeOf(flowEnd(ends))
  if (code !== 0) return yield* new CommandExit({ code })
})
