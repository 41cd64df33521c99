/**
 * What `podwright logs` and `podwright attach` do once their flags are read: read the log, and print
 * it; `attach` ends as the command did.
 */
import { LogCursor } from "@podwright/file-sync"
import { Executions } from "@podwright/runner"
import { Clock, Effect, Option, Schema } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, PLATFORM } from "../../ExitCode.ts"
import { writeStderr } from "../../ProcessOutput.ts"
import { logRunEvent } from "../../report/LogReport.ts"
import { runReporter } from "../../report/RunReporter.ts"
import { reportError, reportNote } from "../../report/TextReport.ts"
import { executionTask, type GivenExecution, withExecutions } from "../ExecutionConnection.ts"

/** The flags of `attach`, as given. */
export interface AttachFlags extends GivenExecution {
  readonly cursor: Option.Option<string>
  readonly output: "text" | "ndjson"
}

/** The flags of `logs`, as given. */
export interface LogsFlags extends AttachFlags {
  readonly follow: boolean
}

const readCursor = Schema.decodeUnknownOption(Schema.fromJsonString(LogCursor), { onExcessProperty: "error" })

/** Prints the log, and gives how far it came. */
const printLog = Effect.fnUntraced(function* (flags: LogsFlags) {
  const cursor = Option.flatMap(flags.cursor, readCursor)
  if (Option.isSome(flags.cursor) && Option.isNone(cursor)) {
    const what = `--cursor: expected the \`cursor\` of an event, such as {"_tag":"volume","stdout":120,"stderr":0}; what is given is none`
    yield* writeStderr(reportError([what]).text)
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  const reporter = runReporter(flags.output)
  const reading = Effect.gen(function* () {
    const executions = yield* Executions
    return yield* executions.log(yield* executionTask(flags), {
      follow: flags.follow,
      cursor: Option.getOrUndefined(cursor),
      onEvent: Effect.fnUntraced(function* (event) {
        const told = logRunEvent(event, yield* Clock.currentTimeMillis)
        // Nobody is left to read for.
        if (told !== undefined) yield* Effect.catch(reporter.event(told), () => Effect.interrupt)
      })
    })
  })
  const end = yield* reading.pipe(withExecutions(flags))
  if (end._tag === "PodDeleted") {
    const what = "the pod was deleted before its log was read to the end; its last lines may be missing"
    yield* writeStderr(reportNote([`warning: ${what}`]).text)
  }
  return end
})

export const logsCommand = (flags: LogsFlags) => Effect.asVoid(printLog(flags))

export const attachCommand = Effect.fnUntraced(function* (flags: AttachFlags) {
  const end = yield* printLog({ ...flags, follow: true })
  if (end._tag !== "Running" && end.exitCode !== undefined) {
    return end.exitCode === 0 ? undefined : yield* new CommandExit({ code: end.exitCode })
  }
  const what = "how the command ended is not known: its pod is gone. The driver of the run reports it"
  yield* writeStderr(reportError([what]).text)
  return yield* new CommandExit({ code: PLATFORM })
})
