/** What `podwright logs` does once its flags are read: reads the log, and prints it. */
import { LogCursor } from "@podwright/file-sync"
import { Executions } from "@podwright/runner"
import { Clock, Effect, Option, Schema } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT } from "../../ExitCode.ts"
import { writeStderr } from "../../ProcessOutput.ts"
import { logRunEvent } from "../../report/LogReport.ts"
import { runReporter } from "../../report/RunReporter.ts"
import { reportError, reportNote } from "../../report/TextReport.ts"
import { executionTask, type GivenExecution, withExecutions } from "../ExecutionConnection.ts"

/** The flags of the command, as given. */
export interface LogsFlags extends GivenExecution {
  readonly follow: boolean
  readonly cursor: Option.Option<string>
  readonly output: "text" | "ndjson"
}

const readCursor = Schema.decodeUnknownOption(Schema.fromJsonString(LogCursor), { onExcessProperty: "error" })

export const logsCommand = Effect.fnUntraced(function* (flags: LogsFlags) {
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
})
