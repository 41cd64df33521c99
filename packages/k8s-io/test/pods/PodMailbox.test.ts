/** Conflation: what a slow follower misses, and what never. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { KubeError } from "../../src/error/KubeError.ts"
import { conflate, makePodMailbox } from "../../src/pods/PodMailbox.ts"
import type { PodChange } from "../../src/pods/PodWatchStep.ts"
import { pod } from "../support/pods.ts"

const present = (uid: string, version: string): PodChange => ({
  _tag: "Present",
  pod: pod({ name: "a", uid, version })
})
const deleted = (uid: string, version: string): PodChange => ({
  _tag: "Deleted",
  pod: pod({ name: "a", uid, version })
})
const absent: PodChange = { _tag: "Absent" }

describe("conflate", () => {
  const table: ReadonlyArray<readonly [string, ReadonlyArray<PodChange>, ReadonlyArray<PodChange>]> = [
    ["the latest state", [present("1", "1"), present("1", "2")], [present("1", "2")]],
    ["presence after absence", [absent, present("1", "1")], [present("1", "1")]],
    ["the end", [present("1", "1"), deleted("1", "2")], [deleted("1", "2")]],
    [
      "the end and the next pod",
      [present("1", "1"), deleted("1", "2"), present("2", "3")],
      [deleted("1", "2"), present("2", "3")]
    ],
    [
      "the end and the next pod's latest",
      [deleted("1", "2"), present("2", "3"), present("2", "4")],
      [deleted("1", "2"), present("2", "4")]
    ],
    ["the last of two ends", [deleted("1", "2"), present("2", "3"), deleted("2", "4")], [deleted("2", "4")]]
  ]
  it.each(table)("keeps %s", (_what, happened, kept) => {
    assert.deepStrictEqual(happened.reduce(conflate, []), kept)
  })
})

describe("PodMailbox", () => {
  it.effect("hands over what was unread before it fails", () =>
    Effect.gen(function* () {
      const mailbox = makePodMailbox()
      const error = new KubeError({
        operation: "PodWatch.changes",
        subject: {},
        reason: { _tag: "Unauthorized", detail: "x" }
      })
      mailbox.offer(present("1", "1"))
      mailbox.fail(error)
      const seen: Array<PodChange> = []
      const failure = yield* mailbox.changes.pipe(
        Stream.runForEach((change) => Effect.sync(() => seen.push(change))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, [present("1", "1")])
      assert.strictEqual(failure, error)
    })
  )
  it.effect("wakes a follower who waits", () =>
    Effect.gen(function* () {
      const mailbox = makePodMailbox()
      const follower = yield* mailbox.changes.pipe(
        Stream.take(2),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      mailbox.offer(absent)
      yield* Effect.yieldNow
      mailbox.offer(present("1", "1"))
      assert.deepStrictEqual(yield* Fiber.join(follower), [absent, present("1", "1")])
    })
  )
})
