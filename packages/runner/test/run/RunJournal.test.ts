import { assert, describe, it } from "@effect/vitest"
import { LINE_LIMIT, type LogEvent } from "@podwright/file-sync"
import { Effect } from "effect"
import { openJournal } from "../../src/run/RunJournal.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import { ended, observation } from "../support/observation.ts"

const lines = (
  texts: ReadonlyArray<string>,
  stdout: number,
  ending: "newline" | "continues" | "end" = "newline"
): LogEvent => ({
  _tag: "Lines",
  stream: "stdout",
  lines: texts,
  ending,
  cursor: { _tag: "volume", stdout, stderr: 0 }
})

/** What a journal tells of a log, and its facts at the end. */
const told = Effect.fnUntraced(function* (log: ReadonlyArray<LogEvent>) {
  const events: Array<RunEvent> = []
  const journal = yield* openJournal({ namespace: "n", name: "p" }, (event) => Effect.sync(() => events.push(event)))
  for (const event of log) yield* journal.log(event)
  const words = events.slice(1).map((event) => {
    if (event._tag === "Log")
      return `log ${event.lines.map((line) => line.slice(0, 9)).join("|")} ${event.ending ?? ""}`.trimEnd()
    if (event._tag === "Values") return `values ${JSON.stringify(event.outputs)} ${JSON.stringify(event.cursor)}`
    return event._tag
  })
  return { words, facts: yield* journal.facts }
})

describe("RunJournal", () => {
  it.effect("knows an exit code before the kubelet tells it, and nothing else of the container", () =>
    Effect.gen(function* () {
      const journal = yield* openJournal({ namespace: "n", name: "p" }, () => Effect.void)
      journal.exited("main", 3)
      assert.deepStrictEqual((yield* journal.facts).containers, { main: { imageID: null, exitCode: 3, reason: null } })
      journal.seen(
        observation({ containers: new Map([["main", { _tag: "Running" }]]), imageIDs: new Map([["main", "i"]]) })
      )
      assert.deepStrictEqual((yield* journal.facts).containers, { main: { imageID: "i", exitCode: 3, reason: null } })
      // What the kubelet says is what it says.
      journal.seen(observation({ containers: new Map([["main", ended(137, "OOMKilled")]]) }))
      assert.deepStrictEqual((yield* journal.facts).containers, {
        main: { imageID: null, exitCode: 137, reason: "OOMKilled" }
      })
    })
  )

  it.effect("says how long a run waits for a server: for so long without a pod, then within its limits", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const journal = yield* openJournal({ namespace: "n", name: "p" }, (event) =>
        Effect.sync(() => event._tag === "Waiting" && said.push(event.diagnosis.summary.replace(/.*still/, "still")))
      )
      const silent = { _tag: "Silent", address: "https://k" } as const
      yield* journal.server(silent)
      yield* journal.phase("created")
      yield* journal.server(silent)
      assert.deepStrictEqual(said, ["still trying for up to 75 s", "still trying within the limits of the run"])
    })
  )

  it.effect("tells values where they stand among the lines, with the cursor behind them", () =>
    Effect.gen(function* () {
      const { facts, words } = yield* told([
        lines(["a", "b"], 4),
        lines(['::{"outputs":{"x":1}}::'], 28),
        lines(['::{"outputs":{x}}::'], 48),
        lines(["c"], 49, "end")
      ])
      assert.deepStrictEqual(words, [
        "log a|b",
        'values {"x":1} {"_tag":"volume","stdout":28,"stderr":0}',
        "Warning",
        'log ::{"outpu',
        "log c end"
      ])
      assert.deepStrictEqual(facts.logLines, { stdout: 4, stderr: 0 })
      assert.deepStrictEqual(facts.outputs, { x: 1 })
    })
  )

  const begun = lines(["::{".padEnd(LINE_LIMIT, "x")], LINE_LIMIT, "continues")
  for (const [what, event, tag] of [
    ["the log's end", { _tag: "LogEnded", cursor: undefined }, undefined],
    ["a gap", { _tag: "Gap", gap: { after: undefined, before: undefined, cause: "unread" } }, "LogGap"]
  ] as const)
    it.effect(`tells the beginning of a line of values whose rest is lost, before ${what}`, () =>
      Effect.gen(function* () {
        const { words } = yield* told([begun, event])
        assert.deepStrictEqual(words, ["log ::{xxxxxx continues", ...(tag === undefined ? [] : [tag])])
      })
    )
})
