/**
 * A log as containerd writes it, and its readers. The pieces of long lines were compared with a
 * real node's files.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import type { LogRecord } from "../../src/contract/Runtime.ts"
import { ContainerLog, formatRecord, LineCutter, PIECE_LIMIT, parseRecord } from "../../src/kubelet/ContainerLog.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (given: Uint8Array): string => Buffer.from(given).toString()

const newLog = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "container-log-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  return new ContainerLog(join(folder, "log"))
})
const collect = (log: ContainerLog, follow: boolean) =>
  Effect.map(Stream.runCollect(log.read(follow)), (records) =>
    records.map(({ bytes, partial, stream }) => `${stream} ${partial ? "P" : "F"} ${text(bytes)}`)
  )

describe("LineCutter", () => {
  const lengths = (...chunks: ReadonlyArray<string>) => {
    const cutter = new LineCutter()
    const pieces = chunks.flatMap((chunk) => cutter.push(bytes(chunk)))
    return [...pieces.map((piece) => `${piece.partial ? "P" : "F"}${piece.bytes.length}`), cutter.finish().length]
  }
  const cases: ReadonlyArray<readonly [chunks: ReadonlyArray<string>, pieces: ReadonlyArray<string | number>]> = [
    [["a\nbc\n"], ["F1", "F2", 0]],
    [["\n\n"], ["F0", "F0", 0]],
    [
      ["a", "b\nc"],
      ["F2", 1]
    ],
    [
      ["x".repeat(40_000), "\n"],
      [`P${PIECE_LIMIT}`, `P${PIECE_LIMIT}`, "F7232", 0]
    ],
    [[`${"x".repeat(PIECE_LIMIT)}\n`], [`F${PIECE_LIMIT}`, 0]],
    [
      ["x".repeat(PIECE_LIMIT), "\n"],
      [`F${PIECE_LIMIT}`, 0]
    ],
    [["x".repeat(PIECE_LIMIT + 1)], [`P${PIECE_LIMIT}`, 1]]
  ]
  it.each(cases)("cuts as containerd does (%#)", (chunks, pieces) => {
    assert.deepStrictEqual(lengths(...chunks), pieces)
  })
})

describe("a record", () => {
  const Line = Schema.String.pipe(Schema.check(Schema.isPattern(/^[^\n]*$/)))
  it.effect.prop(
    "is read as it was written",
    [
      Line,
      Schema.Boolean,
      Schema.Literals(["stdout", "stderr"]),
      Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999 })))
    ],
    ([line, partial, stream, nanoseconds]) =>
      Effect.sync(() => {
        const record: LogRecord = {
          time: 1_767_323_045_000_000_000n + BigInt(nanoseconds),
          stream,
          partial,
          bytes: bytes(line)
        }
        const written = formatRecord(record)
        assert.match(text(written), /^2026-01-02T03:04:05\.\d{9}Z (stdout|stderr) [FP] /)
        const read = parseRecord(written.subarray(0, -1))
        assert.deepStrictEqual({ ...read, bytes: text(read.bytes) }, { ...record, bytes: text(bytes(line)) })
      })
  )
})

describe("ContainerLog", () => {
  it.effect("keeps both streams, each with its own unfinished line", () =>
    Effect.gen(function* () {
      const log = yield* newLog
      log.append("stdout", bytes("a\nb"))
      log.append("stderr", bytes("x"))
      log.append("stdout", bytes("c\nd"))
      assert.deepStrictEqual(yield* collect(log, false), ["stdout F a", "stdout F bc"])
      log.finish("stderr")
      log.finish("stdout")
      const all = ["stdout F a", "stdout F bc", "stderr P x", "stdout P d"]
      assert.deepStrictEqual(yield* collect(log, false), all)
      assert.deepStrictEqual(yield* collect(log, true), all)
      assert.match(readFileSync(log.path, "utf8"), /^(\S+Z (stdout|stderr) [FP] \w+\n){4}$/)
    })
  )

  it.effect("is followed until both streams have ended, by any number of readers", () =>
    Effect.gen(function* () {
      const log = yield* newLog
      const readers = yield* Effect.forEach([1, 2], () => Effect.forkChild(collect(log, true)))
      const first = yield* Effect.forkChild(Stream.runCollect(Stream.take(log.read(true), 1)))
      yield* Effect.yieldNow
      const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}`)
      for (const line of lines) {
        log.append("stdout", bytes(`${line}\n`))
        yield* Effect.yieldNow
      }
      yield* Fiber.join(first)
      log.finish("stdout")
      log.append("stderr", bytes("last\n"))
      log.finish("stderr")
      for (const reader of readers) {
        assert.deepStrictEqual(yield* Fiber.join(reader), [...lines.map((line) => `stdout F ${line}`), "stderr F last"])
      }
    })
  )

  it.effect("has no time that goes back", () =>
    Effect.gen(function* () {
      const log = yield* newLog
      for (let line = 0; line < 1000; line++) log.append(line % 2 === 0 ? "stdout" : "stderr", bytes("x\n"))
      const times = (yield* Stream.runCollect(log.read(false))).map(({ time }) => time)
      assert.isTrue(times.every((time, index) => time >= (times[index - 1] ?? 0n)))
    })
  )

  it.effect("gives the end of its text", () =>
    Effect.gen(function* () {
      const log = yield* newLog
      for (let line = 0; line < 2000; line++) log.append("stdout", bytes(`line ${line}\n`))
      log.append("stdout", bytes("end"))
      log.finish("stdout")
      log.finish("stderr")
      assert.strictEqual(log.tail(13, 80), "line 1999\nend")
      assert.strictEqual(log.tail(2048, 2), "line 1999\nend")
    })
  )
})
