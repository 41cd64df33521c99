/** `podwright run FILE`: every task of a file, one after the other, each in a pod of its own. */
import { resolve } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { kubeLayer } from "@podwright/k8s-io"
import { TaskRunner } from "@podwright/runner"
import { loadTaskFile, resolveInputs } from "@podwright/task-file"
import { Effect, Layer, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CommandExit } from "../CommandExit.ts"
import { BAD_INPUT, exitCodeOfError, exitCodeOfResult } from "../ExitCode.ts"
import { runFile } from "../FileRun.ts"
import type { TaskEnd } from "../JsonReport.ts"
import { LOCAL_NOTICE, startLocalCluster } from "../LocalKubeconfig.ts"
import { type RunReporter, runReporter } from "../RunReporter.ts"

const nameAndValue = (text: string): Option.Option<readonly [name: string, value: string]> => {
  const end = text.indexOf("=")
  return end > 0 ? Option.some([text.slice(0, end), text.slice(end + 1)]) : Option.none()
}

const flags = {
  file: Argument.String("file").pipe(Argument.withDescription("Task or flow file (YAML)")),
  input: Flag.String("input").pipe(
    Flag.withAlias("i"),
    Flag.withMetavar("NAME=VALUE"),
    Flag.withDescription("Value of an input the file declares, a path for type FILE; repeatable"),
    // Not `KeyValuePair`, which takes no empty value: an empty text is a value.
    Flag.filterMap(nameAndValue, (text) => `NAME=VALUE, not '${text}'`),
    Flag.atLeast(0)
  ),
  outputDir: Flag.String("output-dir").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where output files go; default: a new folder below .podwright/"),
    Flag.optional
  ),
  output: Flag.Literals("output", ["text", "json", "ndjson"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription(
      "text: the task's lines; json: one result object; ndjson: every event, a line each, then the result"
    ),
    Flag.withDefault("text")
  ),
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription("Default: KUBECONFIG, ~/.kube/config, or the pod we run in"),
    Flag.optional
  ),
  context: Flag.String("context").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Context of the kubeconfig; default: its current-context"),
    Flag.optional
  ),
  local: Flag.Boolean("local").pipe(
    Flag.withDescription(
      "Run on this machine, in an embedded cluster: no image is pulled, its own programs run, nothing is isolated for security"
    ),
    Flag.withDefault(false)
  ),
  defaultImage: Flag.String("default-image").pipe(
    Flag.withMetavar("IMAGE"),
    Flag.withDescription("For tasks that name no image; default: ubuntu"),
    Flag.optional
  )
}

const exitCodeOf = (end: TaskEnd | undefined): number => {
  if (end === undefined) return 0
  return end._tag === "Result" ? exitCodeOfResult(end.result) : exitCodeOfError(end.error)
}

const key = <K extends string, A>(name: K, value: Option.Option<A>) =>
  Option.match(value, { onNone: () => ({}), onSome: (some) => ({ [name]: some }) as { readonly [P in K]: A } })

/** Which cluster to run on. An embedded one lives in the command's scope. */
const connect = Effect.fnUntraced(function* (
  flags: {
    readonly local: boolean
    readonly kubeconfig: Option.Option<string>
    readonly context: Option.Option<string>
  },
  reporter: RunReporter
) {
  if (!flags.local) return { ...key("kubeconfig", flags.kubeconfig), ...key("context", flags.context) }
  const cluster = yield* startLocalCluster({ path: Option.none(), address: Option.none(), port: Option.none() })
  yield* Effect.catch(reporter.note(LOCAL_NOTICE), () => Effect.interrupt)
  return { kubeconfig: cluster.path }
})

export const run = Command.make(
  "run",
  flags,
  Effect.fn("cli.run")(function* (flags) {
    const reporter = runReporter(flags.output)
    if (flags.local && (Option.isSome(flags.kubeconfig) || Option.isSome(flags.context))) {
      yield* reporter.problem("--local runs on a cluster of its own: leave --kubeconfig and --context out")
      return yield* new CommandExit({ code: BAD_INPUT })
    }
    const ends = yield* Effect.gen(function* () {
      const file = yield* loadTaskFile({ path: resolve(flags.file), ...key("defaultImage", flags.defaultImage) })
      const inputs = yield* resolveInputs(file, Object.fromEntries(flags.input))
      const services = TaskRunner.layer.pipe(
        Layer.provide(kubeLayer(yield* connect(flags, reporter))),
        Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
      )
      return yield* runFile({
        file,
        inputs,
        outputDirectory: Option.getOrUndefined(Option.map(flags.outputDir, (path) => resolve(path))),
        // A reader that has gone away cancels the run: nobody is left to tell.
        onEvent: (event) => Effect.catch(reporter.event(event), () => Effect.interrupt)
      }).pipe(Effect.provide(services))
    }).pipe(Effect.catch((error) => Effect.succeed<ReadonlyArray<TaskEnd>>([{ _tag: "Error", taskId: null, error }])))
    const last = ends.at(-1)
    if (last?._tag === "Error") yield* reporter.problem(last.error.message)
    yield* reporter.end(ends)
    const code = exitCodeOf(last)
    if (code !== 0) return yield* new CommandExit({ code })
  }, Effect.scoped)
).pipe(Command.withDescription("Run a task or flow file, each task in a Kubernetes pod of its own"))
