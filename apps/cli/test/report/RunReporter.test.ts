import { assert, describe, it } from "@effect/vitest"
import { Diagnosis, RunEvent, type RunResult } from "@podwright/runner"
import { Effect, Schema } from "effect"
import { vi } from "vitest"
import { jsonReport } from "../../src/report/JsonReport.ts"
import { runReporter } from "../../src/report/RunReporter.ts"

const file = Schema.Struct({ path: Schema.String, bytes: Schema.Int, sha256: Schema.String })
const outputFiles = Schema.Record(Schema.String, file)

/** A failed run with these files. */
const resultWith = (files: RunResult["outputFiles"]): RunResult => ({
  pod: "pod-1",
  namespace: "ns",
  node: null,
  containers: {},
  timings: { submitted: 0 },
  logLines: { stdout: 2, stderr: 1 },
  logGaps: 0,
  outputs: { outputFiles: {}, "a\u2028b": [null, 0.5, "\ud800"] },
  metrics: [],
  state: "FAILED",
  exitCode: 3,
  outputFiles: files,
  diagnosis: new Diagnosis({
    cause: { _tag: "CommandFailed", exitCode: 3, said: "" },
    kind: "permanent",
    summary: "it ended with code 3",
    remedy: "see its log"
  })
})

/** What goes to stdout meanwhile, by write. */
const written = Effect.fnUntraced(function* <E>(effect: Effect.Effect<void, E>) {
  const parts: Array<string> = []
  const take = (part: unknown, done?: unknown) => {
    parts.push(String(part))
    if (typeof done === "function") done(null)
    return true
  }
  const write = vi.spyOn(process.stdout, "write").mockImplementation(take)
  yield* Effect.ensuring(
    effect,
    Effect.sync(() => write.mockRestore())
  )
  return parts
})

describe("runReporter", () => {
  it.effect.prop("tells a result as JSON does, whatever its files are called", { files: outputFiles }, ({ files }) =>
    Effect.gen(function* () {
      const event: RunEvent = { _tag: "Finished", at: 1, result: resultWith(files) }
      const ends = [{ _tag: "Result" as const, taskId: "t", result: event.result }]
      const finished = yield* written(runReporter("ndjson").event(event))
      assert.strictEqual(finished.join(""), `${JSON.stringify(yield* Schema.encodeEffect(RunEvent)(event))}\n`)
      const ended = yield* written(runReporter("ndjson").end("e1", ends, {}))
      assert.strictEqual(ended.join(""), `${JSON.stringify({ _tag: "Ended", result: jsonReport("e1", ends) })}\n`)
      const report = yield* written(runReporter("json").end("e1", ends, {}))
      assert.strictEqual(report.join(""), `${JSON.stringify(jsonReport("e1", ends), null, 2)}\n`)
    })
  )

  it.effect("never has the whole text of many files", () =>
    Effect.gen(function* () {
      const files = Object.fromEntries(
        Array.from({ length: 2000 }, (_, index) => [
          `f${index}`,
          { path: `/f${index}`, bytes: 1, sha256: "0".repeat(64) }
        ])
      )
      const parts = yield* written(runReporter("ndjson").event({ _tag: "Finished", at: 1, result: resultWith(files) }))
      assert.isAbove(parts.length, 10)
      assert.isBelow(Math.max(...parts.map((part) => part.length)), 20_000)
    })
  )
})
