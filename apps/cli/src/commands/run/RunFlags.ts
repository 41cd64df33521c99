/** `podwright run FILE`: every task of a file, one after the other, each in a pod of its own. */
import { RunDuration } from "@podwright/spec-builder"
import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../ConnectionFlags.ts"
import { file, fileFlags } from "../FileFlags.ts"

const readDuration = Schema.decodeUnknownOption(RunDuration)

const flags = {
  file,
  ...fileFlags,
  outputDir: Flag.String("output-dir").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Folder for output files; default: a new one below .podwright/"),
    Flag.optional
  ),
  cacheDir: Flag.String("cache-dir").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription(
      "Folder for results of tasks with `taskCache`; default: podwright/tasks below XDG_CACHE_HOME, else ~/.cache"
    ),
    Flag.optional
  ),
  noCache: Flag.Boolean("no-cache").pipe(
    Flag.withDescription("Run tasks with `taskCache` too, and keep nothing of them"),
    Flag.withDefault(false)
  ),
  refreshCache: Flag.Boolean("refresh-cache").pipe(
    Flag.withDescription("Run tasks with `taskCache` too, and keep their new results"),
    Flag.withDefault(false)
  ),
  executionId: Flag.String("execution-id").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription(
      "Name of this execution; given again, the run takes over the pod that an earlier process abandoned; default: a new one"
    ),
    Flag.filter(
      (id) => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(id),
      () => `up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends`
    ),
    Flag.optional
  ),
  logCursor: Flag.String("log-cursor").pipe(
    Flag.withMetavar("JSON"),
    Flag.withDescription(
      "`cursor` of the last event of --output ndjson that you handled; earlier lines are not printed again. Needs --execution-id"
    ),
    Flag.optional
  ),
  infrastructureRetries: Flag.Int("infrastructure-retries").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription(
      "Retries of a task whose pod was evicted, preempted or lost with its node, in addition to its own `retry`; default: 3"
    ),
    Flag.filter(
      (count) => count >= 0,
      () => `0 or more`
    ),
    Flag.optional
  ),
  grace: Flag.String("grace").pipe(
    Flag.withMetavar("DURATION"),
    Flag.withDescription(
      "Time that a command has to end when it is cancelled or out of time (30s, PT1M); a second Ctrl-C kills it; default: the pod's terminationGracePeriodSeconds, else 10s"
    ),
    Flag.filterMap(readDuration, (text) => `a duration such as 30s or PT1M, not '${text}'`),
    Flag.optional
  ),
  output: Flag.Literals("output", ["text", "json", "ndjson"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription(
      "text: the task's lines; json: one result object; ndjson: every event, a line each, then the result"
    ),
    Flag.withDefault("text")
  ),
  ...connectionFlags,
  local: Flag.Boolean("local").pipe(
    Flag.withDescription(
      "Run on this machine, in an embedded cluster: no image is pulled, its own programs run, nothing is isolated for security"
    ),
    Flag.withDefault(false)
  )
}

export const run = Command.make(
  "run",
  flags,
  Effect.fn("cli.run")(function* (given) {
    // Loaded here: what a run needs (HTTP, WebSocket, Kubernetes) takes longer to load than other
    // commands to do their work.
    const { runCommand } = yield* Effect.promise(() => import("./RunCommand.ts"))
    yield* runCommand(given)
  }, Effect.scoped)
).pipe(Command.withDescription("Run a task or flow file, each task in a Kubernetes pod of its own"))
