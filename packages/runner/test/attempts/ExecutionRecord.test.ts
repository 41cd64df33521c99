import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { outputPath, outputPathIn } from "@podwright/file-sync"
import { parseJson } from "@podwright/spec-builder"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { executionRecord } from "../../src/attempts/ExecutionRecord.ts"
import { finishedTasksIn } from "../../src/attempts/FinishedTasks.ts"
import { LogOutputs } from "../../src/task/LineValues.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import type { RunResult } from "../../src/task/RunResult.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { task } from "../support/BegunRun.ts"
import { preparedOf } from "../support/PreparedOf.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** With numbers that no double holds, or that JSON would write otherwise. */
const outputs = (id: string) =>
  Schema.decodeUnknownSync(LogOutputs)(
    parseJson(`{"id":${JSON.stringify(id)},"big":9007199254740993,"deep":[{"f":2.0}]}`)
  )

/** An execution of tasks that write a file each, and what has run. */
const world = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-record-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const folder = join(root, "executions")
  const store = yield* finishedTasksIn(folder)
  const ran: Array<string> = []
  const events: Array<RunEvent> = []
  const output = (id: string) => join(root, `${id}.txt`)
  const bytesOf = (id: string) => outputPath(outputPathIn(root, `${id}.txt`))
  const request = (id: string, different: Partial<TaskRequest> = {}) =>
    Effect.map(
      task({}, different),
      (one): TaskRequest => ({ ...one, identity: { ...one.identity, taskId: id, taskRunId: `run-${id}` } })
    )
  const result = (id: string, state: RunResult["state"]) =>
    Effect.promise(async (): Promise<RunResult> => {
      ran.push(id)
      await writeFile(bytesOf(id), id)
      const file = { path: outputPathIn(root, `${id}.txt`), bytes: id.length, sha256: sha256(id) }
      return {
        pod: `pod-${id}`,
        namespace: "n",
        node: "node1",
        timings: { submitted: 0 },
        containers: {},
        logLines: { stdout: 1, stderr: 0 },
        logGaps: 0,
        outputs: outputs(id),
        metrics: [],
        state,
        exitCode: state === "FAILED" ? 1 : 0,
        outputFiles: { [`${id}.txt`]: file },
        diagnosis: null
      }
    })
  /** As each process begins: with nothing but the folder. */
  const record = (executionId = "e", flowId = "f") =>
    executionRecord({
      store,
      namespace: "n",
      flowId,
      executionId,
      onEvent: (event) => Effect.sync(() => events.push(event))
    })
  const run = (id: string, state: RunResult["state"] = "SUCCESS", different: Partial<TaskRequest> = {}) =>
    Effect.flatMap(request(id, different), (one) => record().once(preparedOf(one), result(id, state)))
  const warnings = () => events.flatMap((event) => (event._tag === "Warning" ? [event.message] : []))
  return { folder, ran, events, output, bytesOf, request, result, record, run, warnings }
})

const test = (
  name: string,
  body: (own: Effect.Success<typeof world>) => Effect.Effect<void, unknown, Effect.Services<ReturnType<typeof stub>>>
) => it.effect(name, () => Effect.flatMap(world, body).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
const stub = (own: Effect.Success<typeof world>) => own.run("stub")

describe("executionRecord", () => {
  test("gives the results of tasks that were done, each its own, and runs none of them again", (own) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const first = yield* own.run("a")
      yield* own.run("b", "WARNING")
      yield* TestClock.adjust("1 minute")
      const again = yield* own.run("a")
      assert.deepStrictEqual(own.ran, ["a", "b"])
      const cached = { storedAt: 60_000, executionId: "e", taskRunId: "run-a" }
      assert.deepStrictEqual(again, { ...first, timings: {}, cached })
      assert.strictEqual(JSON.stringify(again.outputs), '{"id":"a","big":9007199254740993,"deep":[{"f":2.0}]}')
      assert.strictEqual((yield* own.run("b")).state, "WARNING")
      assert.deepStrictEqual(
        own.events.map((event) => (event._tag === "Cached" ? event.by : event._tag)),
        ["execution", "Finished", "execution", "Finished"]
      )
      assert.deepStrictEqual(own.warnings(), [])
    }))

  test("knows an output whose name is not UTF-8, and sees that it has changed", (own) =>
    Effect.gen(function* () {
      const id = "caf\\xe9"
      yield* own.run(id)
      assert.isDefined((yield* own.run(id)).cached)
      yield* Effect.promise(() => writeFile(own.bytesOf(id), "another"))
      assert.isUndefined((yield* own.run(id)).cached)
      assert.deepStrictEqual(own.ran, [id, id])
    }))

  test("runs a task that failed again", (own) =>
    Effect.gen(function* () {
      yield* own.run("a", "FAILED")
      yield* own.run("a")
      assert.deepStrictEqual(own.ran, ["a", "a"])
    }))

  test("is of one execution of one flow", (own) =>
    Effect.gen(function* () {
      yield* own.run("a")
      const request = yield* own.request("a")
      yield* own.record("another").once(preparedOf(request), own.result("a", "SUCCESS"))
      yield* own.record("e", "another").once(preparedOf(request), own.result("a", "SUCCESS"))
      assert.lengthOf(own.ran, 3)
    }))

  test("starts over when the execution has ended, and leaves nothing", (own) =>
    Effect.gen(function* () {
      yield* own.run("a")
      yield* own.record().forget
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(own.folder)), [])
      yield* own.run("a")
      assert.deepStrictEqual(own.ran, ["a", "a"])
      // Also where there never was anything.
      yield* own.record("another").forget
      assert.deepStrictEqual(own.warnings(), [])
    }))

  const changes: ReadonlyArray<readonly [string, (path: string) => Promise<void>, Partial<TaskRequest>, RegExp]> = [
    ["whose output has changed", (path) => writeFile(path, "b"), {}, /output .*a\.txt has changed/],
    ["whose output is gone", (path) => rm(path), {}, /output .*a\.txt has changed/],
    ["of another spec", () => Promise.resolve(), { image: "alpine" }, /its spec has changed/]
  ]
  for (const [what, change, different, words] of changes)
    test(`runs a task again ${what}, and says so`, (own) =>
      Effect.gen(function* () {
        yield* own.run("a")
        yield* Effect.promise(() => change(own.output("a")))
        assert.isUndefined((yield* own.run("a", "SUCCESS", different)).cached)
        assert.match(own.warnings()[0] ?? "", words)
        // And has it done now.
        assert.isDefined((yield* own.run("a", "SUCCESS", different)).cached)
      }))

  test("runs the task where the record is damaged or cannot be kept, and says so", (own) =>
    Effect.gen(function* () {
      yield* own.run("a")
      const [name = ""] = yield* Effect.promise(() => readdir(own.folder))
      const path = join(own.folder, name)
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o77, 0)
      const text = yield* Effect.promise(() => readFile(path, "utf8"))
      yield* Effect.promise(() => writeFile(path, text.slice(1)))
      assert.isUndefined((yield* own.run("a")).cached)
      assert.match(own.warnings()[0] ?? "", /is damaged or of another version/)
      yield* Effect.promise(async () => {
        await rm(own.folder, { recursive: true })
        await writeFile(own.folder, "")
      })
      assert.strictEqual((yield* own.run("a")).state, "SUCCESS")
      assert.match(own.warnings().at(-1) ?? "", /if this process dies, the task is rerun/)
    }))
})
