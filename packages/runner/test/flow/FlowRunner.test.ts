import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { parseTaskFile } from "@podwright/task-file"
import { Deferred, Effect, Exit, Fiber, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { cacheStoreIn } from "../../src/attempts/CacheStore.ts"
import type { ExecutionName, FinishedTask, FinishedTasks } from "../../src/attempts/FinishedTasks.ts"
import { StoreError } from "../../src/attempts/StoreError.ts"
import { type FlowResult, flowEnd, hasWarning, isFailure, type TaskEnd } from "../../src/flow/FlowEnd.ts"
import { type FlowEvent, isFlowEvent } from "../../src/flow/FlowEvent.ts"
import type { FlowOptions } from "../../src/flow/FlowOptions.ts"
import { runFlow } from "../../src/flow/FlowRunner.ts"
import { RunError } from "../../src/task/RunError.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import { TimedOut } from "../../src/task/RunReason.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { factsOf, lost, type ScriptedEnd, scriptedRunner } from "../support/ScriptedRunner.ts"

const TYPE = "type: io.kestra.plugin.scripts.shell.Commands"

/** A flow of tasks, each of an id and whatever else it has. */
const flow = (...tasks: ReadonlyArray<readonly [id: string, more?: string]>) => {
  const source = tasks.map(([id, more = "commands: [c]"]) => `  - id: ${id}\n    ${TYPE}\n    ${more}\n`).join("")
  return Result.getOrThrow(
    parseTaskFile(`id: f\nnamespace: n\ntasks:\n${source}`, { fileName: "flow.yaml", directory: "/files" })
  )
}

const commandsOf = (task: TaskRequest | undefined) => (task?.command._tag === "Commands" ? task.command.commands : [])

/** A store in memory, which several processes may share. */
const memory = () => {
  const kept = new Map<string, ReadonlyArray<FinishedTask>>()
  const keyOf = ({ executionId, flowId, namespace }: ExecutionName) => `${namespace}/${flowId}/${executionId}`
  const of = (execution: ExecutionName) => kept.get(keyOf(execution)) ?? []
  const store: FinishedTasks = {
    find: (execution, taskRunId) => Effect.sync(() => of(execution).find((task) => task.taskRunId === taskRunId)),
    keep: (execution, task) => Effect.sync(() => kept.set(keyOf(execution), [...of(execution), task])),
    forget: (execution) => Effect.sync(() => kept.delete(keyOf(execution)))
  }
  return { kept, store }
}

const play = Effect.fnUntraced(function* (
  file: ReturnType<typeof flow>,
  end: (task: TaskRequest, before: number) => ScriptedEnd = () => ({}),
  options: FlowOptions = {}
) {
  const runner = scriptedRunner(end)
  const events: Array<FlowEvent | RunEvent> = []
  const fiber = yield* runFlow(file, {
    onEvent: (event) => Effect.sync(() => events.push(event)),
    ...options
  }).pipe(
    Effect.provide(Layer.mergeAll(runner.layer, NodeFileSystem.layer, NodeHttpClient.layerUndici)),
    Effect.forkChild
  )
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("1 second")
    // What is done outside the clock (files) needs turns of the event loop.
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  }
  const result: FlowResult = yield* Fiber.join(fiber)
  const told = events.flatMap((event) =>
    isFlowEvent(event) ? [`${event._tag} ${event.task}`] : event._tag === "Warning" ? [event.message] : []
  )
  return { ...result, asked: runner.asked, history: runner.history, events, told }
})

const statesOf = (ends: ReadonlyArray<TaskEnd>) =>
  ends.map((end) => (end._tag === "Result" ? `${end.taskId} ${end.result.state}` : `${end.taskId} ${end.error._tag}`))

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-flow-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

describe("runFlow", () => {
  it.effect("runs the tasks in order, each with names of its own in one execution", () =>
    Effect.gen(function* () {
      const { asked, ends, executionId, told } = yield* play(flow(["a"], ["b"]))
      assert.deepStrictEqual(statesOf(ends), ["a SUCCESS", "b SUCCESS"])
      assert.deepStrictEqual(told, ["TaskStarted a", "TaskEnded a", "TaskStarted b", "TaskEnded b"])
      assert.deepStrictEqual(
        asked.map(({ identity }) => [identity.flowId, identity.taskId, identity.executionId, identity.attempt]),
        [
          ["f", "a", executionId, 0],
          ["f", "b", executionId, 0]
        ]
      )
      assert.strictEqual(new Set(asked.map(({ identity }) => identity.taskRunId)).size, 2)
      assert.deepStrictEqual(
        asked.map(({ outputDirectory }) => outputDirectory),
        ["a", "b"].map((id) => join(process.cwd(), ".podwright", executionId, id))
      )
    })
  )

  it.effect("creates a pod when the flow's earlier ones are gone, of every attempt and execution", () =>
    Effect.gen(function* () {
      const retry = "retry: { type: constant, interval: PT1S, maxAttempts: 2 }"
      const anew = "retry: { type: constant, interval: PT1S, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION }"
      const file = flow(["a"], ["b", `commands: [c]\n    ${retry}`], ["c", `commands: [c]\n    ${anew}`], ["d"])
      const played = yield* play(file, (_task, before) => (before === 1 || before === 3 ? { state: "FAILED" } : {}), {
        executionId: "e"
      })
      const next = played.executionId
      assert.notStrictEqual(next, "e")
      const all = ["gone e", `gone ${next}`]
      const expected = [
        "gone e",
        "a 0",
        "gone e",
        "b 0",
        "gone e",
        "b 1",
        "gone e",
        "c 0",
        "gone e",
        "c 0",
        ...all,
        "d 0"
      ]
      assert.deepStrictEqual(played.history, expected)
    })
  )

  it.effect("reports every event of a task's run between the task's own first and last", () =>
    Effect.gen(function* () {
      const { events } = yield* play(flow(["a"], ["b"]))
      assert.deepStrictEqual(
        events.map((event) => (isFlowEvent(event) ? `${event._tag} ${event.task}` : event._tag)),
        ["a", "b"].flatMap((id) => [`TaskStarted ${id}`, "Phase", "Finished", `TaskEnded ${id}`])
      )
    })
  )

  const inFolder = (more: string, tasks: string) =>
    Result.getOrThrow(
      parseTaskFile(
        `id: f\nnamespace: n\ntasks:\n  - id: w\n    type: io.kestra.plugin.core.flow.WorkingDirectory\n${more}    tasks:\n${tasks}  - { id: after, ${TYPE}, commands: ["c {{ outputs.w.outputFiles | default('') }}"] }\n`,
        { fileName: "flow.yaml", directory: "/files" }
      )
    )
  const inner = (...ids: ReadonlyArray<string>) =>
    ids.map((id) => `      - { id: ${id}, ${TYPE}, commands: [c] }\n`).join("")

  it.effect("hands the folder of a WorkingDirectory on, and its outputs to the tasks after it", () =>
    Effect.gen(function* () {
      const outputFiles = (path: string) => ({ "x/y": { path: `${path}/x/y`, bytes: 1, sha256: "s" } })
      const file = inFolder("    inputFiles: { seed: s }\n    outputFiles: [x]\n", inner("a", "b"))
      const { asked, ends } = yield* play(file, (task) => ({ outputFiles: outputFiles(task.outputDirectory) }))
      assert.deepStrictEqual(statesOf(ends), ["a SUCCESS", "b SUCCESS", "after SUCCESS"])
      const [a, b, after] = asked
      assert.deepStrictEqual(
        [a, b, after].map((task) => task?.inputFiles),
        [
          [{ name: "seed", source: { _tag: "Text", text: "s" } }],
          [{ name: ".", source: { _tag: "Path", path: a?.outputDirectory ?? "", whole: true } }],
          [{ name: ".podwright-files/1/y", source: { _tag: "Url", url: `file://${b?.outputDirectory}/x/y` } }]
        ]
      )
      assert.deepStrictEqual(
        asked.map(({ runner }) => runner.syncWorkingDirectory),
        [true, false, false]
      )
      assert.match(commandsOf(after)[0] ?? "", /"x\/y":"\/podwright\/work\/.podwright-files\/1\/y"/)
    })
  )

  it.effect("does not run the rest of a group whose failure is allowed, but what comes after it", () =>
    Effect.gen(function* () {
      const file = inFolder("    allowFailure: true\n    outputFiles: [x]\n", inner("a", "b"))
      const { ends, told } = yield* play(file, ({ identity }) => (identity.taskId === "a" ? { state: "FAILED" } : {}))
      assert.deepStrictEqual(statesOf(ends), ["a WARNING", "after SUCCESS"])
      assert.include(told, "TaskNotReached b")
    })
  )

  it.effect("refuses to hand on a folder in which there are other files", () =>
    Effect.gen(function* () {
      const root = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(root, "a"))
        await writeFile(join(root, "a/old"), "")
      })
      const { asked, ends } = yield* play(inFolder("", inner("a", "b")), () => ({}), { outputDirectory: root })
      assert.lengthOf(asked, 0)
      const [end] = ends
      assert.match(
        end?._tag === "Error" ? end.error.message : "",
        /it has files, and task a hands on all that is in it/
      )
    }).pipe(Effect.scoped)
  )

  it.effect("stops at the first task that fails, and says which were not reached", () =>
    Effect.gen(function* () {
      const failing = yield* play(flow(["a"], ["b"], ["c"]), (task) =>
        task.identity.taskId === "a" ? { state: "FAILED", exitCode: 3 } : {}
      )
      assert.deepStrictEqual(statesOf(failing.ends), ["a FAILED"])
      assert.deepStrictEqual(failing.told.slice(1), ["TaskEnded a", "TaskNotReached b", "TaskNotReached c"])
      assert.lengthOf(failing.asked, 1)
    })
  )

  it.effect("stops at the first task without a result, whose error is its last event", () =>
    Effect.gen(function* () {
      const { asked, ends, events, told } = yield* play(flow(["a", "commands: ['{{ nope }}']"], ["b"]))
      assert.deepStrictEqual(statesOf(ends), ["a TaskFileError"])
      assert.deepStrictEqual(told, ["TaskStarted a", "TaskFailed a", "TaskNotReached b"])
      assert.deepStrictEqual(asked, [])
      const failed = events.find((event) => event._tag === "TaskFailed")
      assert.match(failed?._tag === "TaskFailed" ? failed.error.message : "", /^flow\.yaml:6:\d+: there is no '/)
    })
  )

  it.effect("lets a task fail that may, and leaves out what is disabled or not to run", () =>
    Effect.gen(function* () {
      const file = flow(
        ["may_fail", "commands: [c]\n    allowFailure: true"],
        ["may_time_out", "commands: [c]\n    allowFailure: true"],
        ["off", "commands: [c]\n    disabled: true"],
        ["not_now", "commands: [c]\n    runIf: \"{{ inputs.mode == 'slow' }}\""],
        ["now", 'commands: [c]\n    runIf: "{{ outputs.may_fail.exitCode == 3 }}"\n    allowWarning: true']
      )
      const ends: Readonly<Record<string, (task: TaskRequest) => ScriptedEnd>> = {
        may_fail: () => ({ state: "FAILED", exitCode: 3 }),
        may_time_out: (task) =>
          new RunError({
            operation: "o",
            reason: new TimedOut({ stage: "running", limit: "timeout", seconds: 5, spentOn: "x" }),
            facts: factsOf(task)
          }),
        now: () => ({ state: "WARNING" })
      }
      const ended = yield* play(file, (task) => ends[task.identity.taskId]?.(task) ?? {}, { inputs: { mode: "quick" } })
      assert.deepStrictEqual(statesOf(ended.ends), ["may_fail WARNING", "may_time_out RunError", "now SUCCESS"])
      assert.deepStrictEqual(ended.told.slice(-4), [
        "TaskLeftOut off",
        "TaskLeftOut not_now",
        "TaskStarted now",
        "TaskEnded now"
      ])
      assert.isFalse(ended.ends.some(isFailure))
      assert.isTrue(hasWarning(ended.ends))
    })
  )

  it.effect("does not forgive a file that is wrong", () =>
    Effect.gen(function* () {
      const { ends, told } = yield* play(
        flow(["a", "commands: [c]\n    allowFailure: true\n    runIf: '{{ nope }}'"], ["b"])
      )
      assert.deepStrictEqual(statesOf(ends), ["a TaskFileError"])
      assert.deepStrictEqual(told, ["TaskStarted a", "TaskFailed a", "TaskNotReached b"])
    })
  )

  const withEnd = (more: string) =>
    Result.getOrThrow(
      parseTaskFile(
        `id: f\nnamespace: n\ntasks:\n  - { id: a, ${TYPE}, commands: [c] }\n  - { id: b, ${TYPE}, commands: [c] }\n${more}`,
        { fileName: "flow.yaml", directory: "/files" }
      )
    )
  const ending = withEnd(
    `errors:\n  - { id: e, ${TYPE}, commands: ["{{ error.taskId }}: {{ error.message }}"] }\nfinally:\n  - { id: z, ${TYPE}, commands: ["{{ outputs.a.exitCode }}"] }\noutputs:\n  - { id: code, type: INT, value: "{{ outputs.b.exitCode }}" }\n`
  )

  it.effect("runs finally and gives outputs when all went well, and leaves errors out", () =>
    Effect.gen(function* () {
      const { asked, ends, outputs } = yield* play(ending)
      assert.deepStrictEqual(statesOf(ends), ["a SUCCESS", "b SUCCESS", "z SUCCESS"])
      assert.deepStrictEqual(commandsOf(asked[2]), ["0"])
      assert.deepStrictEqual(outputs, { code: 0 })
    })
  )

  it.effect("runs errors and then finally when a task failed, whose end stays the flow's", () =>
    Effect.gen(function* () {
      const { asked, ends, outputs } = yield* play(ending, ({ identity }) =>
        identity.taskId === "a" ? { state: "FAILED", exitCode: 3 } : {}
      )
      assert.deepStrictEqual(statesOf(ends), ["a FAILED", "e SUCCESS", "z SUCCESS"])
      assert.deepStrictEqual(commandsOf(asked[1]), ["a: exit code 3"])
      assert.strictEqual(flowEnd(ends)?.taskId, "a")
      assert.deepStrictEqual(outputs, {})
    })
  )

  it.effect("runs neither when the pod was left to go on", () =>
    Effect.gen(function* () {
      const { ends } = yield* play(ending, () => "never", { detach: Effect.void })
      assert.deepStrictEqual(statesOf(ends), ["a RunError"])
    })
  )

  it.effect("fails a flow whose outputs cannot be rendered", () =>
    Effect.gen(function* () {
      const { ends } = yield* play(
        withEnd("outputs:\n  - { id: x, type: STRING, value: '{{ outputs.c.exitCode }}' }\n")
      )
      assert.deepStrictEqual(statesOf(ends).slice(-1), ["null TaskFileError"])
    })
  )

  it.effect("refuses a pod that cannot be before anything runs", () =>
    Effect.gen(function* () {
      const taken = "containerSpec: { env: [{ name: WORKING_DIR, value: /x }] }"
      const runner = `{ type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, ${taken} }`
      const { asked, ends } = yield* play(flow(["a", `commands: [c]\n    taskRunner: ${runner}`]))
      assert.deepStrictEqual(statesOf(ends), ["a RunError"])
      const [end] = ends
      assert.strictEqual(end?._tag === "Error" && end.error._tag === "RunError" ? end.error.reason._tag : "", "Spec")
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("hands what a task gives to the tasks after it", () =>
    Effect.gen(function* () {
      const expression = "{{ outputs.a.vars.n }} {{ outputs.a.exitCode }} {{ outputs.a.outputFiles['out.txt'] }}"
      const { asked } = yield* play(flow(["a"], ["b", `commands: ["${expression}"]`]), () => ({
        outputs: { n: 7 },
        outputFiles: { "out.txt": { path: "/out/a b.txt", bytes: 1, sha256: "s" } }
      }))
      assert.deepStrictEqual(commandsOf(asked[1]), ["7 0 /podwright/work/.podwright-files/1/a_b.txt"])
    })
  )

  it.effect("asks the program for secrets, and knows inputs and the folder", () =>
    Effect.gen(function* () {
      const { asked } = yield* play(flow(["a", `commands: ["{{ secret('A') }} {{ inputs.x }}"]`]), () => ({}), {
        secret: (name) => `secret ${name}`,
        inputs: { x: 1 },
        outputDirectory: join(tmpdir(), "flow-out")
      })
      assert.deepStrictEqual(commandsOf(asked[0]), ["secret A 1"])
      // A single task's files lie in the folder itself.
      assert.strictEqual(asked[0]?.outputDirectory, join(tmpdir(), "flow-out"))
      const without = yield* play(flow(["a", `commands: ["{{ secret('A') }}"]`]))
      assert.deepStrictEqual(statesOf(without.ends), ["a TaskFileError"])
    })
  )

  it.effect("refuses a folder that cannot be written to, and a log cursor of several tasks, before any task", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "file")
      yield* Effect.promise(() => writeFile(path, ""))
      const blocked = yield* play(flow(["a"]), () => ({}), { outputDirectory: join(path, "below") })
      assert.deepStrictEqual(statesOf(blocked.ends), ["null RunError"])
      assert.deepStrictEqual(blocked.told, ["TaskNotReached a"])
      const logCursor = { _tag: "volume", stdout: 1, stderr: 0 } as const
      const several = yield* play(flow(["a"], ["b"]), () => ({}), { logCursor })
      assert.deepStrictEqual(statesOf(several.ends), ["null TaskFileError"])
      const one = yield* play(flow(["a"]), () => ({}), { logCursor, executionId: "e" })
      assert.deepStrictEqual(one.asked[0]?.logCursor, logCursor)
    })
  )

  it.effect("goes on in the execution that a retry has started", () =>
    Effect.gen(function* () {
      const retry = "retry: { type: constant, interval: PT1S, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION }"
      const commands = 'commands: ["{{ execution.id }} {{ taskrun.id }}"]'
      const { asked, executionId } = yield* play(
        flow(["a", `${commands}\n    ${retry}`], ["b", commands]),
        (_task, before) => (before === 0 ? { state: "FAILED", exitCode: 1 } : {}),
        { executionId: "e" }
      )
      assert.deepStrictEqual(
        asked.map(({ identity }) => identity.executionId),
        ["e", executionId, executionId]
      )
      assert.notStrictEqual(executionId, "e")
      // The expressions of each attempt know the ids it has.
      for (const task of asked) {
        assert.deepStrictEqual(commandsOf(task), [`${task.identity.executionId} ${task.identity.taskRunId}`])
      }
    })
  )

  it.effect("repeats a task whose pod was lost as often as it may", () =>
    Effect.gen(function* () {
      const { asked, ends } = yield* play(flow(["a"]), (task) => lost(task), { infrastructureRetries: 1 })
      assert.deepStrictEqual(
        asked.map(({ identity }) => identity.attempt),
        [0, 1]
      )
      assert.deepStrictEqual(statesOf(ends), ["a RunError"])
    })
  )

  describe("with a store of finished tasks", () => {
    it.effect("skips what an earlier process has done, and forgets the execution when it has come to its end", () =>
      Effect.gen(function* () {
        const { kept, store } = memory()
        const file = flow(["a"], ["b", 'commands: ["{{ outputs.a.vars.n }}"]'])
        const options = { executionId: "e", finishedTasks: store, infrastructureRetries: 0 }
        const first = yield* play(
          file,
          (task) => (task.identity.taskId === "a" ? { outputs: { n: 1 } } : lost(task)),
          options
        )
        assert.deepStrictEqual(statesOf(first.ends), ["a SUCCESS", "b RunError"])
        const second = yield* play(file, () => ({}), options)
        assert.deepStrictEqual(second.told, ["TaskStarted a", "TaskSkipped a", "TaskStarted b", "TaskEnded b"])
        const skipped = second.events.find((event) => event._tag === "TaskSkipped")
        assert.strictEqual(skipped?._tag === "TaskSkipped" ? skipped.by : undefined, "execution")
        assert.deepStrictEqual(second.asked.map(commandsOf), [["1"]])
        assert.strictEqual(kept.size, 0)
      })
    )

    it.effect("runs what it cannot look up, and says so", () =>
      Effect.gen(function* () {
        const broken = new StoreError({ detail: "the table is locked" })
        const finishedTasks: FinishedTasks = {
          find: () => Effect.fail(broken),
          keep: () => Effect.fail(broken),
          forget: () => Effect.void
        }
        const { ends, told } = yield* play(flow(["a"], ["b"]), () => ({}), { finishedTasks })
        assert.deepStrictEqual(statesOf(ends), ["a SUCCESS", "b SUCCESS"])
        assert.include(told, "record of the execution: the table is locked; the task runs")
      })
    )

    it.effect("remembers nothing of a single task", () =>
      Effect.gen(function* () {
        const { kept, store } = memory()
        yield* play(flow(["a"]), (task) => lost(task), { finishedTasks: store, infrastructureRetries: 0 })
        assert.strictEqual(kept.size, 0)
      })
    )
  })

  describe("with a cache", () => {
    const cached = flow(["a", "commands: [c]\n    taskCache: { enabled: true }"])

    it.effect("skips a task that is equal to one that succeeded", () =>
      Effect.gen(function* () {
        const cache = yield* cacheStoreIn(yield* folder)
        assert.deepStrictEqual((yield* play(cached, () => ({}), { cache })).told, ["TaskStarted a", "TaskEnded a"])
        const again = yield* play(cached, () => ({}), { cache })
        assert.deepStrictEqual(again.told, ["TaskStarted a", "TaskSkipped a"])
        assert.deepStrictEqual(again.asked, [])
      }).pipe(Effect.provide(NodeFileSystem.layer))
    )

    it.effect("gives what a named cluster made to that one alone, and nothing where it is told to ignore", () =>
      Effect.gen(function* () {
        const cache = yield* cacheStoreIn(yield* folder)
        const asked = (options: Partial<FlowOptions>) =>
          Effect.map(
            play(cached, () => ({}), { cache, ...options }),
            (played) => played.asked.length
          )
        assert.strictEqual(yield* asked({ clusterName: "embedded" }), 1)
        assert.strictEqual(yield* asked({}), 1)
        assert.strictEqual(yield* asked({ clusterName: "embedded" }), 0)
        assert.strictEqual(yield* asked({ cacheMode: "refresh" }), 1)
        assert.strictEqual(yield* asked({ cacheMode: "ignore" }), 1)
        assert.strictEqual(yield* asked({}), 0)
      }).pipe(Effect.provide(NodeFileSystem.layer))
    )

    it.effect("runs the task where no cache was given, and says so", () =>
      Effect.gen(function* () {
        const { told } = yield* play(cached)
        assert.deepStrictEqual(told, [
          "TaskStarted a",
          "cache: task a has taskCache, but no cache was given; the task runs",
          "TaskEnded a"
        ])
      })
    )
  })

  it.effect("leaves the pod of the task that runs when it is told to, and keeps what is done", () =>
    Effect.gen(function* () {
      const { kept, store } = memory()
      const detach = yield* Deferred.make<void>()
      const runner = scriptedRunner((task) => (task.identity.taskId === "a" ? {} : "never"))
      const fiber = yield* runFlow(flow(["a"], ["b"], ["c"]), {
        executionId: "e",
        finishedTasks: store,
        detach: Deferred.await(detach),
        onEvent: (event) =>
          event._tag === "TaskStarted" && event.task === "b" ? Deferred.done(detach, Exit.void) : Effect.void
      }).pipe(
        Effect.provide(Layer.mergeAll(runner.layer, NodeFileSystem.layer, NodeHttpClient.layerUndici)),
        Effect.forkChild
      )
      const { ends } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(statesOf(ends), ["a SUCCESS", "b RunError"])
      const last = ends.at(-1)
      assert.strictEqual(
        last?._tag === "Error" && last.error._tag === "RunError" ? last.error.reason._tag : "",
        "Detached"
      )
      assert.strictEqual(kept.size, 1)
    })
  )
})
