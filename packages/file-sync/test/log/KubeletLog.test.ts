/**
 * The kubelet's log against an API that serves what each test says. Numbers such as R8 are rows of
 * the catalogue in packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { KubeError, PodLog, type PodLogRequest } from "@podwright/k8s-io"
import { Deferred, Effect, Fiber, Logger, References, Stream } from "effect"
import { TestClock } from "effect/testing"
import { followKubeletLog } from "../../src/log/KubeletLog.ts"
import type { Interruption, KubeletCursor, LogEvent } from "../../src/log/LogEvent.ts"

const line = (second: number, text: string) =>
  `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000001Z ${text}\n`
const error = (reason: KubeError["reason"]) => new KubeError({ operation: "PodLog.read", subject: {}, reason })
const cut = Stream.fail(error({ _tag: "Cut", detail: "reset" }))

interface Read {
  readonly text: string
  /** How the body goes on behind the text; it ends when undefined. */
  readonly goesOn?: Stream.Stream<Uint8Array, KubeError>
}

/**
 * Follows with these answers, one a read, the last one for all further reads; the container ends
 * once `endAfter` have begun.
 */
const follow = Effect.fnUntraced(function* (
  reads: ReadonlyArray<Read>,
  endAfter: number,
  cursor?: KubeletCursor,
  podIsGone = Effect.succeed(true)
) {
  const asked: Array<PodLogRequest> = []
  const events: Array<LogEvent | Interruption> = []
  const ended = yield* Deferred.make<void>()
  const podLog = PodLog.of({
    read: (request) =>
      Stream.suspend(() => {
        asked.push(request)
        const read = reads[Math.min(asked.length, reads.length) - 1]
        if (asked.length >= endAfter) Deferred.doneUnsafe(ended, Effect.void)
        const bytes = Stream.make<[Uint8Array]>(Buffer.from(read?.text ?? ""))
        return read?.goesOn === undefined ? bytes : Stream.concat(bytes, read.goesOn)
      })
  })
  const fiber = yield* Effect.forkChild(
    followKubeletLog({
      namespace: "default",
      pod: "pod",
      container: "main",
      cursor,
      ended: Deferred.await(ended),
      podIsGone,
      onEvent: (event) => Effect.sync(() => events.push(event))
    }).pipe(Effect.scoped, Effect.provideService(PodLog, podLog))
  )
  yield* TestClock.adjust("1 milli")
  yield* TestClock.adjust("1 hour")
  yield* Fiber.join(fiber)
  return {
    asked,
    events,
    lines: events.flatMap((event) => (event._tag === "Lines" ? event.lines : [])),
    gaps: events.flatMap((event) => (event._tag === "Gap" ? [event.gap] : []))
  }
})

describe("followKubeletLog", () => {
  it.effect("goes on where a read was cut, and ends with a last read that adds nothing", () =>
    Effect.gen(function* () {
      const all = line(1, "a") + line(2, "b") + line(3, "c")
      const { asked, events, gaps, lines } = yield* follow(
        [{ text: line(1, "a") + line(2, "b").slice(0, -5), goesOn: cut }, { text: all }],
        2
      )
      assert.deepStrictEqual(lines, ["a", "b", "c"])
      assert.deepStrictEqual(gaps, [])
      assert.deepStrictEqual(
        asked.map((request) => [request.follow, request.sinceTime]),
        [
          [true, undefined],
          [true, "2026-01-01T00:00:00Z"],
          [false, "2026-01-01T00:00:02Z"]
        ]
      )
      assert.strictEqual(events.at(-1)?._tag, "LogEnded")
    })
  )

  it.effect("takes a body that ends while the container runs for a cut, and no torn line from it", () =>
    Effect.gen(function* () {
      const { lines } = yield* follow(
        [{ text: line(1, "a") + line(2, "whole").slice(0, -3) }, { text: line(1, "a") + line(2, "whole") }],
        2
      )
      assert.deepStrictEqual(lines, ["a", "whole"])
    })
  )

  it.effect("gives a last line without newline, once", () =>
    Effect.gen(function* () {
      const { events, lines } = yield* follow([{ text: line(1, "a") + line(2, "no newline").slice(0, -1) }], 1)
      assert.deepStrictEqual(lines, ["a", "no newline"])
      const last = events.filter((event) => event._tag === "Lines").at(-1)
      assert.strictEqual(last?.ending, "end")
    })
  )

  it.effect("waits for a container that waits to start, and for a server that fails", () =>
    Effect.gen(function* () {
      const waiting = Stream.fail(error({ _tag: "NotRunningYet", detail: "is waiting to start: ContainerCreating" }))
      const failing = Stream.fail(error({ _tag: "ServerError", code: 502, detail: "bad gateway" }))
      const { lines } = yield* follow(
        [{ text: "", goesOn: waiting }, { text: "", goesOn: failing }, { text: line(1, "a") }],
        3
      )
      assert.deepStrictEqual(lines, ["a"])
    })
  )

  it.effect("reports the first of several failures in a row, and no container that waits to start", () =>
    Effect.gen(function* () {
      const failing = (reason: KubeError["reason"]) => ({ text: "", goesOn: Stream.fail(error(reason)) })
      const waiting = failing({ _tag: "NotRunningYet", detail: "is waiting to start: ContainerCreating" })
      const { events } = yield* follow(
        [
          waiting,
          failing({ _tag: "ServerError", code: 502, detail: "the first" }),
          failing({ _tag: "ServerError", code: 503, detail: "the second" }),
          waiting,
          failing({ _tag: "ServerError", code: 502, detail: "the third" }),
          { text: line(1, "a") },
          failing({ _tag: "ServerError", code: 502, detail: "after a read" }),
          { text: line(1, "a") }
        ],
        8
      )
      const interruptions = events.flatMap((event) => (event._tag === "Interrupted" ? [event.error] : []))
      assert.deepStrictEqual(
        interruptions.map(({ operation, pod, retryable }) => [operation, pod, retryable]),
        [
          ["read log", "pod", true],
          ["read log", "pod", true]
        ]
      )
      assert.match(String(interruptions[0]), /the first/)
      assert.match(String(interruptions[1]), /after a read/)
    })
  )

  it.effect("logs each failure for those who look for it", () =>
    Effect.gen(function* () {
      const messages: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => messages.push([logLevel, message]))
      yield* follow([{ text: "", goesOn: cut }, { text: "", goesOn: cut }, { text: line(1, "a") }], 3).pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Debug")
      )
      assert.deepStrictEqual(
        messages.map((entry) => String(entry).slice(0, 42)),
        Array.from({ length: 2 }, () => "Debug,The log of pod pod could not be read")
      )
    })
  )

  for (const complaint of [
    'failed to try resolving symlinks in path "/var/log/pods/x/0.log": no such file or directory',
    "unable to retrieve container logs for containerd://abc",
    '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"x","code":500}\n'
  ]) {
    it.effect(`takes no line from what the kubelet complains of in a body: ${complaint.slice(0, 25)}`, () =>
      Effect.gen(function* () {
        const { asked, lines } = yield* follow(
          [{ text: line(1, "a") + complaint }, { text: line(1, "a") + line(2, "failed to win") }],
          1
        )
        assert.deepStrictEqual(lines, ["a", "failed to win"])
        assert.isAbove(asked.length, 1)
      })
    )
  }

  it.effect("tells of a gap, and counts on from behind it", () =>
    Effect.gen(function* () {
      const { events, gaps, lines } = yield* follow([{ text: line(1, "a"), goesOn: cut }, { text: line(7, "z") }], 2)
      assert.deepStrictEqual(lines, ["a", "z"])
      assert.deepStrictEqual(
        gaps.map(({ after, before, cause }) => [after?.slice(17, 19), before?.slice(17, 19), cause]),
        [["01", "07", "rotated"]]
      )
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Lines", "Interrupted", "Gap", "Lines", "LogEnded"]
      )
    })
  )

  it.effect("reads on where the pod that a server does not know is there, and ends where it is gone: R8", () =>
    Effect.gen(function* () {
      const missing = Stream.fail(error({ _tag: "NotFound", detail: "pods not found" }))
      const reads = [{ text: line(1, "a"), goesOn: missing }, { text: line(1, "a") + line(2, "b") }]
      const { lines } = yield* follow(reads, 2, undefined, Effect.succeed(false))
      assert.deepStrictEqual(lines, ["a", "b"])
      assert.match(String(yield* Effect.flip(follow(reads, 2))), /pods not found/)
    })
  )

  it.effect("opens a silent follow anew", () =>
    Effect.gen(function* () {
      const { lines } = yield* follow(
        [{ text: line(1, "a"), goesOn: Stream.never }, { text: line(1, "a") + line(2, "b") }],
        2
      )
      assert.deepStrictEqual(lines, ["a", "b"])
    })
  )

  it.effect("is continued by another driver", () =>
    Effect.gen(function* () {
      const all = line(1, "a") + line(1, "a") + line(1, "b") + line(2, "c")
      const first = yield* follow([{ text: line(1, "a") + line(1, "a") }], 1)
      const end = first.events.at(-1)
      const cursor = end?._tag === "LogEnded" && end.cursor?._tag === "kubelet" ? end.cursor : undefined
      const second = yield* follow([{ text: all }], 1, cursor)
      assert.deepStrictEqual(second.lines, ["b", "c"])
      assert.deepStrictEqual(second.gaps, [])
    })
  )

  it.effect("gives a line longer than a piece in pieces, also when it is read again", () =>
    Effect.gen(function* () {
      const long = line(1, "x".repeat(2_500_000))
      const { events } = yield* follow([{ text: long.slice(0, 1_500_000), goesOn: cut }, { text: long }], 2)
      const pieces = events.filter((event) => event._tag === "Lines")
      assert.deepStrictEqual(
        pieces.map(({ ending }) => ending),
        ["continues", "continues", "newline"]
      )
      assert.strictEqual(pieces.flatMap(({ lines }) => lines).join("").length, 2_500_000)
    })
  )
})
