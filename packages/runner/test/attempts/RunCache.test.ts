import { createHash } from "node:crypto"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { outputPath, outputPathIn } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { DEFAULT_INTERPRETER, decodeRunnerProperties, parseJson } from "@podwright/spec-builder"
import { Duration, Effect, Layer, Result, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { cacheStoreIn } from "../../src/attempts/CacheStore.ts"
import { type CachedTask, runCached } from "../../src/attempts/RunCache.ts"
import { LogOutputs } from "../../src/task/LineValues.ts"
import { Metric } from "../../src/task/Metric.ts"
import { prepareTask } from "../../src/task/PreparedTask.ts"
import { RunError } from "../../src/task/RunError.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import { Kube } from "../../src/task/RunReason.ts"
import type { RunResult } from "../../src/task/RunResult.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"

const services = Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici)
const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-cache-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)
const runnerOf = (properties: object) => Result.getOrThrow(decodeRunnerProperties(properties))
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

const place = { clusterId: "id-1", cluster: "one:6443", namespace: "n" }

/** A place with a store, tasks in it, and what has run. */
const world = Effect.gen(function* () {
  const root = yield* folder
  const store = join(root, "store")
  const runs: Array<string> = []
  const events: Array<RunEvent> = []

  const taskIn = (name: string, different: Partial<TaskRequest> = {}): TaskRequest => ({
    identity: { namespace: "n", flowId: "f", taskId: "t", executionId: name, taskRunId: `run-${name}`, attempt: 0 },
    image: "busybox",
    command: {
      _tag: "Commands",
      interpreter: DEFAULT_INTERPRETER,
      beforeCommands: [],
      commands: ["c"],
      failFast: true
    },
    env: { A: "1" },
    inputFiles: [{ name: "in", source: { _tag: "Text", text: "x" } }],
    outputFiles: ["out.txt"],
    outputDirectory: join(root, name),
    timeout: undefined,
    runner: runnerOf({}),
    ...different
  })

  /** What a run does: writes its output where the task says, and tells its number. */
  const ran = (task: TaskRequest, different: Partial<RunResult> = {}, content = "output\n") =>
    Effect.promise(async (): Promise<RunResult> => {
      runs.push(task.identity.executionId)
      await rm(task.outputDirectory, { recursive: true, force: true })
      const path = join(await mkdtemp(join(root, "made-")), "out.txt")
      await writeFile(path, content, { mode: 0o755 })
      return {
        pod: `pod-${runs.length}`,
        namespace: "n",
        node: "node1",
        timings: { submitted: 0 },
        containers: {},
        logLines: { stdout: 1, stderr: 0 },
        logGaps: 0,
        outputs: { run: runs.length },
        metrics: [{ type: "counter", name: "m", value: 1, tags: {} }],
        state: "SUCCESS",
        exitCode: 0,
        outputFiles: { "sub/out.txt": { path, bytes: content.length, sha256: sha256(content) } },
        diagnosis: null,
        ...different
      }
    })

  const run = (task: TaskRequest, options: Partial<CachedTask> = {}, result: Partial<RunResult> = {}) =>
    Effect.gen(function* () {
      const own = {
        prepared: yield* prepareTask(task),
        cache: { enabled: true },
        store: yield* cacheStoreIn(store),
        place,
        onEvent: (event: RunEvent) => Effect.sync(() => events.push(event)),
        ...options
      }
      return yield* runCached(own, ran(task, result))
    }).pipe(Effect.scoped)
  const warnings = () => events.flatMap((event) => (event._tag === "Warning" ? [event.message] : []))
  return { root, store, runs, events, taskIn, run, ran, warnings }
})

const files = (store: string) =>
  Effect.promise(async () => {
    const found = await readdir(store, { recursive: true, withFileTypes: true })
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  })

const test = (
  name: string,
  body: (
    own: Effect.Success<typeof world>
  ) => Effect.Effect<void, unknown, Layer.Success<typeof services> | Scope.Scope>
) => it.effect(name, () => Effect.flatMap(world, body).pipe(Effect.scoped, Effect.provide(services)))

const DIGITS = '{"id":9007199254740993,"big":123456789012345678901234567890,"f":2.0,"deep":[{"f":[2.0]}]}'
const METRIC = '{"type":"counter","name":"m","value":9007199254740993,"tags":{}}'
const exact = {
  outputs: Schema.decodeUnknownSync(LogOutputs)(parseJson(DIGITS)),
  metrics: [Schema.decodeUnknownSync(Metric)(parseJson(METRIC))]
}

describe("runCached", () => {
  test("gives the numbers of a result back with their digits", ({ run, taskIn }) =>
    Effect.gen(function* () {
      yield* run(taskIn("a"), {}, exact)
      const second = yield* run(taskIn("b"))
      assert.isDefined(second.cached)
      assert.strictEqual(JSON.stringify(second.outputs), DIGITS)
      assert.strictEqual(JSON.stringify(second.metrics), `[${METRIC}]`)
      assert.strictEqual(second.outputs["id"], 9007199254740993n)
    }))

  test("uses an equal task's result again: outputs, values, and when it was kept", ({ events, run, runs, taskIn }) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const first = yield* run(taskIn("a"))
      assert.isUndefined(first.cached)
      yield* TestClock.adjust("1 hour")
      const task = taskIn("b")
      const second = yield* run(task)
      assert.deepStrictEqual(runs, ["a"])
      const path = join(task.outputDirectory, "sub/out.txt")
      assert.deepStrictEqual(second, {
        ...first,
        timings: {},
        outputFiles: { "sub/out.txt": { path, bytes: 7, sha256: sha256("output\n") } },
        cached: { storedAt: 60_000, executionId: "a", taskRunId: "run-a", cluster: "one:6443" }
      })
      assert.strictEqual(yield* Effect.promise(() => readFile(path, "utf8")), "output\n")
      assert.notStrictEqual((yield* Effect.promise(() => stat(path))).mode & 0o111, 0)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(task.outputDirectory)), ["sub"])
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Cached", "Finished"]
      )
    }))

  test("gives an output whose name is not UTF-8 back under its own bytes", ({ root, run, taskIn, warnings }) =>
    Effect.gen(function* () {
      const name = "d\\xff/caf\\xe9.txt"
      // A folder of the user's may look like such a name.
      const directory = join(root, "out\\xe9")
      const path = outputPathIn(root, name)
      yield* Effect.promise(async () => {
        await mkdir(outputPath(dirname(path)))
        await writeFile(outputPath(path), "output\n", { mode: 0o755 })
      })
      const outputFiles = { [name]: { path, bytes: 7, sha256: sha256("output\n") } }
      yield* run(taskIn("a"), {}, { outputFiles })
      const second = yield* run(taskIn("b", { outputDirectory: directory }))
      assert.isDefined(second.cached)
      const kept = second.outputFiles[name]?.path ?? ""
      assert.strictEqual(kept, outputPathIn(directory, name))
      assert.strictEqual(yield* Effect.promise(() => readFile(outputPath(kept), "utf8")), "output\n")
      const names = yield* Effect.promise(() => readdir(outputPath(dirname(kept)), { encoding: "latin1" }))
      assert.deepStrictEqual(names, ["caf\xe9.txt"])
      assert.deepStrictEqual(warnings(), [])
    }))

  test("runs what differs in anything that decides the result, and nothing else", ({ root, run, runs, taskIn }) =>
    Effect.gen(function* () {
      yield* run(taskIn("a"))
      const text = (name: string, content: string) => [{ name, source: { _tag: "Text", text: content } }] as const
      const command = {
        _tag: "Commands",
        interpreter: DEFAULT_INTERPRETER,
        beforeCommands: [],
        commands: ["d"],
        failFast: true
      } as const
      const different: ReadonlyArray<Partial<TaskRequest>> = [
        { image: "alpine" },
        { command },
        { env: { A: "2" } },
        { inputFiles: text("in", "y") },
        { inputFiles: text("on", "x") },
        { outputFiles: ["out.txt", "other"] },
        { timeout: Duration.minutes(1) },
        { runner: runnerOf({ resources: { limit: { memory: "1Gi" } } }) },
        { runner: runnerOf({ syncWorkingDirectory: true }) }
      ]
      for (const [index, one] of different.entries()) yield* run(taskIn(`d${index}`, one))
      assert.strictEqual(runs.length, 1 + different.length)
      const path = join(root, "input")
      yield* Effect.promise(() => writeFile(path, "x"))
      const equal: ReadonlyArray<Partial<TaskRequest>> = [
        { runner: runnerOf({ delete: false, labels: { a: "b" } }) },
        { inputFiles: [{ name: "in", source: { _tag: "Path", path } }] }
      ]
      for (const [index, one] of equal.entries()) yield* run(taskIn(`e${index}`, one))
      assert.strictEqual(runs.length, 1 + different.length)
    }))

  for (const [what, different] of [
    ["cluster", { clusterId: "id-2" }],
    ["namespace", { namespace: "m" }]
  ] as const)
    test(`gives a result to no other ${what}, and says where it is from`, ({ events, run, runs, taskIn }) =>
      Effect.gen(function* () {
        yield* run(taskIn("a"))
        yield* run(taskIn("b"), { place: { ...place, ...different } })
        assert.deepStrictEqual(runs, ["a", "b"])
        assert.strictEqual((yield* run(taskIn("c"))).cached?.executionId, "a")
        assert.deepInclude(events[0], { _tag: "Cached", cluster: "one:6443", namespace: "n", pod: "pod-1" })
      }))

  test("runs the task when it is to refresh, and keeps the new result", ({ run, runs, taskIn }) =>
    Effect.gen(function* () {
      yield* run(taskIn("a"))
      yield* run(taskIn("b"), { refresh: true })
      assert.strictEqual((yield* run(taskIn("c"))).cached?.executionId, "b")
      assert.deepStrictEqual(runs, ["a", "b"])
    }))

  test("runs again what is older than ttl, and keeps the new result", ({ run, runs, taskIn }) =>
    Effect.gen(function* () {
      const cache = { enabled: true, ttl: Duration.minutes(10) }
      for (const [name, wait] of [
        ["a", "10 minutes"],
        ["b", "1 second"],
        ["c", "9 minutes"],
        ["d", "1 minute"]
      ] as const) {
        yield* run(taskIn(name), { cache })
        yield* TestClock.adjust(wait)
      }
      assert.deepStrictEqual(runs, ["a", "c"])
    }))

  const unkept: ReadonlyArray<readonly [string, Partial<RunResult>]> = [
    ["a failure", { state: "FAILED", exitCode: 1 }],
    ["a success that needed several attempts and warns of it", { state: "WARNING" }],
    ["a result whose log has gaps, and so perhaps its values", { logGaps: 1 }]
  ]
  for (const [what, result] of unkept)
    test(`does not keep ${what}`, ({ run, runs, taskIn }) =>
      Effect.gen(function* () {
        yield* run(taskIn("a"), {}, result)
        yield* run(taskIn("b"))
        assert.deepStrictEqual(runs, ["a", "b"])
      }))

  test("does nothing where it is not enabled, or a task cannot be known to be equal", ({ run, runs, store, taskIn }) =>
    Effect.gen(function* () {
      yield* run(taskIn("a"), { cache: { enabled: false } })
      yield* run(taskIn("b", { inputFiles: [{ name: "in", source: { _tag: "Stdin" } }] }))
      yield* run(taskIn("c", { logCursor: { _tag: "volume", stdout: 0, stderr: 0 } }))
      yield* run(taskIn("d", { inputFiles: [{ name: "in", source: { _tag: "Path", path: "/nowhere" } }] }))
      assert.strictEqual(runs.length, 4)
      assert.isTrue(Result.isFailure(yield* Effect.result(Effect.tryPromise(() => stat(store)))))
    }))

  test("does not keep a result whose inputs have changed meanwhile", ({
    ran,
    root,
    runs,
    store,
    taskIn,
    warnings,
    events
  }) =>
    Effect.gen(function* () {
      const path = join(root, "input")
      const task = taskIn("a", { inputFiles: [{ name: "in", source: { _tag: "Path", path } }] })
      yield* Effect.promise(() => writeFile(path, "before"))
      const changing = Effect.andThen(
        ran(task),
        Effect.promise(() => writeFile(path, "after"))
      )
      const own = {
        prepared: yield* prepareTask(task),
        cache: { enabled: true },
        store: yield* cacheStoreIn(store),
        place,
        onEvent: (event: RunEvent) => Effect.sync(() => events.push(event))
      }
      yield* runCached(own, Effect.andThen(changing, ran(task)))
      assert.match(warnings()[0] ?? "", /inputs changed/)
      assert.strictEqual(runs.length, 2)
      assert.isTrue(Result.isFailure(yield* Effect.result(Effect.tryPromise(() => stat(store)))))
    }))

  const damage: ReadonlyArray<readonly [string, RegExp, (path: string) => Promise<void>, RegExp]> = [
    ["an entry that is no JSON", /entries/, (path) => writeFile(path, "{"), /is damaged or of another version/],
    [
      "an entry of another format",
      /entries/,
      async (path) => writeFile(path, (await readFile(path, "utf8")).replace('"format":2', '"format":0')),
      /is damaged or of another version/
    ],
    [
      "an entry that leads elsewhere",
      /entries/,
      async (path) => writeFile(path, (await readFile(path, "utf8")).replaceAll("sub/out.txt", "../out.txt")),
      /is damaged or of another version/
    ],
    [
      "an entry of another key",
      /entries/,
      async (path) => writeFile(path, (await readFile(path, "utf8")).replace(/"key":"./, '"key":"x')),
      /is damaged or of another version/
    ],
    [
      "an output whose bytes have changed",
      /files/,
      async (path) => {
        await chmod(path, 0o600)
        await writeFile(path, "outputs")
      },
      /'sub\/out.txt' is damaged/
    ],
    ["an output that is not there", /files/, (path) => rm(path), /'sub\/out.txt' is missing/]
  ]
  for (const [what, which, spoil, words] of damage)
    test(`takes ${what} for a miss, says so and removes it`, ({ run, runs, store, taskIn, warnings }) =>
      Effect.gen(function* () {
        yield* run(taskIn("a"))
        const [path = ""] = (yield* files(store)).filter((one) => which.test(one))
        yield* Effect.promise(() => spoil(path))
        const failing = yield* run(taskIn("b"), {}, { state: "FAILED", exitCode: 1 })
        assert.strictEqual(failing.state, "FAILED")
        assert.deepStrictEqual(runs, ["a", "b"])
        assert.match(warnings()[0] ?? "", words)
        assert.isFalse((yield* files(store)).some((one) => which.test(one) && one === path))
        assert.isFalse((yield* files(store)).some((one) => /entries/.test(one)))
        // The next success is kept and used as if nothing had been.
        yield* run(taskIn("c"))
        assert.isDefined((yield* run(taskIn("d"))).cached)
        assert.strictEqual(warnings().length, 1)
      }))

  test("runs, and so takes over, what an earlier driver of this very task run has left", (own) =>
    Effect.gen(function* () {
      yield* own.run(own.taskIn("a"))
      const resumed = yield* own.run(own.taskIn("b"), { podLeft: Effect.succeed(true) })
      assert.isUndefined(resumed.cached)
      assert.deepStrictEqual(own.runs, ["a", "b"])
      const another = yield* own.run(own.taskIn("c"), { podLeft: Effect.succeed(false) })
      assert.strictEqual(another.cached?.executionId, "b")
    }))

  test("uses the result, and says so, where nobody can tell what was left", ({ run, runs, taskIn, warnings }) =>
    Effect.gen(function* () {
      yield* run(taskIn("a"))
      const error = new KubeError({ operation: "Pods.list", subject: {}, reason: { _tag: "Timeout", seconds: 30 } })
      const podLeft = Effect.fail(new RunError({ operation: "look for pods", reason: new Kube({ error }) }))
      assert.isDefined((yield* run(taskIn("b"), { podLeft })).cached)
      assert.deepStrictEqual(runs, ["a"])
      assert.match(warnings()[0] ?? "", /cannot find out whether an earlier driver left a pod/)
    }))

  test("warns and returns the result when it cannot be kept", ({ root, run, taskIn, warnings }) =>
    Effect.gen(function* () {
      const blocked = join(root, "blocked")
      yield* Effect.promise(() => writeFile(blocked, ""))
      const result = yield* run(taskIn("a"), { store: yield* cacheStoreIn(blocked) })
      assert.strictEqual(result.state, "SUCCESS")
      assert.match(warnings().at(-1) ?? "", /^cache: .*; the result is not kept$/s)
    }))

  test("leaves one whole entry of many that are kept at once", ({ run, runs, store, taskIn }) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `r${index}`)
      // Each in a store of its own object, as processes have; none finds anything when it begins.
      yield* Effect.forEach(names, (name) => run(taskIn(name)), { concurrency: "unbounded" })
      const kept = yield* files(store)
      assert.strictEqual(kept.length, 2, kept.join("\n"))
      const before = runs.length
      const hit = yield* run(taskIn("last"))
      assert.include(names, hit.cached?.executionId)
      assert.strictEqual(runs.length, before)
    }))
})
