/** The reader of a log against its real script, run by the shells of this machine instead of a pod. */
import { execFileSync } from "node:child_process"
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule } from "effect"
import type { Interruption, LogEvent } from "../../src/log/LogEvent.ts"
import { logStart } from "../../src/session/SessionPlan.ts"
import { readVolumeLog, type VolumeLogRequest } from "../../src/session/VolumeLog.ts"
import { type LocalExecOptions, localExec } from "../support/LocalExec.ts"

const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(([name]) => {
  try {
    execFileSync("sh", ["-c", `command -v ${name}`])
    return true
  } catch {
    return false
  }
})

/** A volume as a gate leaves it; `end` is what it does last. */
const volume = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync(join(tmpdir(), "podwright-log-"))
    const file = (name: string) => join(root, "run", name)
    mkdirSync(join(root, "run"))
    return {
      root,
      begin: (stdout = "", stderr = "") => {
        writeFileSync(file("stdout"), stdout)
        writeFileSync(file("stderr"), stderr)
      },
      print: (stream: "stdout" | "stderr", text: string) => appendFileSync(file(stream), text),
      end: (code: number) => {
        writeFileSync(file(".exit"), `${code}\n`)
        renameSync(file(".exit"), file("exit"))
      },
      files: () => readdirSync(root, { recursive: true }).toSorted()
    }
  }),
  ({ root }) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
)

type Volume = Effect.Success<typeof volume>

const read = Effect.fnUntraced(function* (
  { root }: Volume,
  more: Partial<VolumeLogRequest> = {},
  options: LocalExecOptions = {}
) {
  const events: Array<LogEvent | Interruption> = []
  const { counts, layer } = localExec(options)
  const fiber = yield* readVolumeLog({
    namespace: "default",
    pod: "pod",
    podUid: "uid-1",
    container: "files",
    volumeRoot: root,
    follow: true,
    from: logStart,
    mainEnded: Effect.never,
    isOver: Effect.succeed(false),
    onEvent: (event) => Effect.sync(() => void events.push(event)),
    ...more
  }).pipe(Effect.scoped, Effect.provide(layer), Effect.forkChild)
  const linesOf = (stream: "stdout" | "stderr") =>
    events.flatMap((event) => (event._tag === "Lines" && event.stream === stream ? event.lines : []))
  const has = (line: string) =>
    Effect.suspend(() => Effect.succeed([...linesOf("stdout"), ...linesOf("stderr")].includes(line))).pipe(
      Effect.repeat({ until: (found) => found, schedule: Schedule.spaced("5 millis") })
    )
  return { events, fiber, counts, linesOf, has, tags: () => events.map(({ _tag }) => _tag) }
})

for (const shell of shells) {
  describe(`a log read beside its driver, by ${shell.join(" ")}`, () => {
    it.live("follows both streams to the exit file, and writes nothing to the volume", () =>
      Effect.gen(function* () {
        const pod = yield* volume
        const log = yield* read(pod, {}, { shell })
        pod.begin("one\n", "warn\n")
        yield* log.has("one")
        yield* log.has("warn")
        pod.print("stdout", "two\nthr")
        yield* log.has("two")
        pod.print("stdout", "ee")
        const before = pod.files()
        pod.end(3)
        assert.deepInclude(yield* Fiber.join(log.fiber), { code: 3, stdoutBytes: 13, stderrBytes: 5 })
        assert.deepStrictEqual(log.linesOf("stdout"), ["one", "two", "three"])
        assert.deepStrictEqual(log.linesOf("stderr"), ["warn"])
        assert.deepStrictEqual(log.events.at(-1), {
          _tag: "LogEnded",
          cursor: { _tag: "volume", stdout: 13, stderr: 5 }
        })
        assert.deepStrictEqual(pod.files(), [...before, "run/exit"].toSorted())
      }).pipe(Effect.scoped)
    )

    it.live("gives what there is of a running command, behind the bytes that are known", () =>
      Effect.gen(function* () {
        const pod = yield* volume
        pod.begin("one\ntwo\nth", "a\nb\n")
        const from = { stdout: 4, stderr: 2 }
        const log = yield* read(pod, { follow: false, from }, { shell })
        const exit = yield* Fiber.join(log.fiber)
        assert.deepInclude(exit, { code: undefined, stdoutBytes: 10, stderrBytes: 4 })
        assert.deepStrictEqual([log.linesOf("stdout"), log.linesOf("stderr")], [["two", "th"], ["b"]])
      }).pipe(Effect.scoped)
    )

    it.live("gives nothing of a command that has not begun", () =>
      Effect.gen(function* () {
        const log = yield* read(yield* volume, { follow: false }, { shell })
        assert.deepInclude(yield* Fiber.join(log.fiber), { code: undefined, stdoutBytes: 0 })
        assert.deepStrictEqual(log.tags(), ["LogEnded"])
      }).pipe(Effect.scoped)
    )

    it.live("continues at the byte where it was cut, and loses and doubles nothing", () =>
      Effect.gen(function* () {
        const pod = yield* volume
        const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`)
        pod.begin(`${lines.join("\n")}\n`, "warn\n")
        pod.end(0)
        const cutAfter = (attempt: number) => (attempt < 6 ? 7001 * attempt : undefined)
        const log = yield* read(pod, {}, { shell, cutAfter })
        yield* Fiber.join(log.fiber)
        assert.deepStrictEqual(log.linesOf("stdout"), lines)
        assert.deepStrictEqual(log.linesOf("stderr"), ["warn"])
        assert.strictEqual(log.counts.opened, 6)
      }).pipe(Effect.scoped)
    )

    it.live("ends where main has ended without an exit file", () =>
      Effect.gen(function* () {
        const pod = yield* volume
        pod.begin("one\n")
        const ended = yield* Deferred.make<void>()
        const log = yield* read(pod, { mainEnded: Deferred.await(ended) }, { shell })
        yield* log.has("one")
        pod.print("stdout", "last")
        yield* Deferred.succeed(ended, undefined)
        assert.deepInclude(yield* Fiber.join(log.fiber), { code: undefined, stdoutBytes: 8 })
        assert.deepStrictEqual(log.linesOf("stdout"), ["one", "last"])
      }).pipe(Effect.scoped)
    )

    it.live("ends its shell when the client's signs of life end", () =>
      Effect.gen(function* () {
        const pod = yield* volume
        pod.begin("one\n")
        const log = yield* read(pod, {}, { shell })
        yield* log.has("one")
        yield* Fiber.interrupt(log.fiber)
        const isLeft = Effect.sync(() => {
          const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
          return processes.includes(`podwright ${pod.root} `)
        })
        assert.isFalse(yield* Effect.repeat(isLeft, { until: (left) => !left, schedule: Schedule.spaced("50 millis") }))
      }).pipe(Effect.scoped)
    )
  })
}

describe("a log read beside its driver", () => {
  it.live("takes an end that a server claims for a cut", () =>
    Effect.gen(function* () {
      const pod = yield* volume
      pod.begin("one\ntwo\n")
      pod.end(0)
      const falseSuccessAfter = (attempt: number) => (attempt === 1 ? 45 : undefined)
      const log = yield* read(pod, {}, { falseSuccessAfter })
      yield* Fiber.join(log.fiber)
      assert.deepStrictEqual(log.linesOf("stdout"), ["one", "two"])
      assert.strictEqual(log.counts.opened, 2)
    }).pipe(Effect.scoped)
  )
  it.live("waits for a container that does not run yet, and fails where it will not", () =>
    Effect.gen(function* () {
      const pod = yield* volume
      pod.begin("one\n")
      pod.end(0)
      const patient = yield* read(pod, {}, { refuse: 2 })
      yield* Fiber.join(patient.fiber)
      assert.deepStrictEqual(patient.tags(), ["Lines", "LogEnded"])
      const over = yield* read(pod, { isOver: Effect.succeed(true) }, { missing: 1 })
      assert.strictEqual((yield* Effect.flip(Fiber.join(over.fiber))).reason._tag, "Channel")
    }).pipe(Effect.scoped)
  )
  it.live("is refused by another pod of the name, and tries again", () =>
    Effect.gen(function* () {
      const pod = yield* volume
      pod.begin("one\n")
      const env = { PODWRIGHT_POD_UID: "other" }
      const log = yield* read(pod, { isOver: Effect.succeed(true) }, { env })
      assert.strictEqual((yield* Effect.flip(Fiber.join(log.fiber))).reason._tag, "Channel")
      assert.deepStrictEqual(log.tags(), [])
    }).pipe(Effect.scoped)
  )
})
