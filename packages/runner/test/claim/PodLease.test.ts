import { assert, describe, it } from "@effect/vitest"
import {
  type Driver,
  type LeaseState,
  leaseSeconds,
  leaseState,
  leaseText,
  readLease,
  releasedText,
  renewalSeconds
} from "../../src/claim/PodLease.ts"

const NOW = Date.parse("2026-01-02T03:04:05Z")
const me: Driver = { name: "here/1/me", pid: 1, machine: "m1" }
const other: Driver = { name: "there/2/other", pid: 2, machine: "m2" }
const neighbour: Driver = { name: "here/3/neighbour", pid: 3, machine: "m1" }
const at = (secondsAgo: number) => NOW - secondsAgo * 1000

describe("leaseState", () => {
  const held = (remainingMs: number, holder = other.name): LeaseState => ({ _tag: "Held", holder, remainingMs })
  const cases: ReadonlyArray<readonly [string, string | undefined, LeaseState]> = [
    ["none", undefined, { _tag: "None" }],
    ["our own lease, even expired", leaseText(me, at(100), 30, true), { _tag: "Mine" }],
    ["a valid lease", leaseText(other, at(10), 30, true), held(20_000)],
    ["a valid lease that was never renewed", leaseText(other, at(10), 30, false), held(20_000)],
    ["an expired lease", leaseText(other, at(30), 30, true), { _tag: "Free", since: at(30), why: "RanOut" }],
    [
      "an expired lease that was never renewed",
      leaseText(other, at(30), 30, false),
      { _tag: "Free", since: at(30), why: "NeverRenewed" }
    ],
    ["a lease by a clock that is ahead of ours", leaseText(other, at(-1000), 30, true), held(30_000)],
    ["a released lease", releasedText(other, at(1)), { _tag: "Free", since: at(1), why: "Left" }],
    [
      "a lease of a dead process of this machine that was never renewed",
      leaseText(neighbour, at(1), 30, false),
      { _tag: "Free", since: at(1), why: "Died" }
    ],
    ["a lease that cannot be read", "{}", { _tag: "Free", since: 0, why: "Unreadable" }],
    [
      "a lease whose time cannot be read",
      leaseText(other, at(1), 30, true).replace(/2026[^"]*/, "soon"),
      { _tag: "Free", since: 0, why: "Unreadable" }
    ]
  ]
  it.each(cases)("%s", (_what, text, expected) => {
    assert.deepStrictEqual(
      leaseState(text, me, NOW, () => false),
      expected
    )
  })

  it("asks of processes of its own machine only whether they live", () => {
    const asked: Array<number> = []
    const isAlive = (pid: number) => {
      asked.push(pid)
      return true
    }
    assert.deepStrictEqual(
      leaseState(leaseText(neighbour, at(1), 30, true), me, NOW, isAlive),
      held(29_000, neighbour.name)
    )
    leaseState(leaseText(other, at(1), 30, true), me, NOW, isAlive)
    leaseState(
      leaseText({ ...other, machine: undefined }, at(1), 30, true),
      { ...me, machine: undefined },
      NOW,
      isAlive
    )
    assert.deepStrictEqual(asked, [neighbour.pid])
  })
})

describe("a lease", () => {
  it("is read as it was written", () => {
    const found = readLease(leaseText(me, NOW, 45, true))
    const renewedAt = "2026-01-02T03:04:05.000Z"
    assert.deepStrictEqual(found, { holder: me.name, pid: 1, machine: "m1", renewedAt, seconds: 45, renewed: true })
    assert.isNull(readLease(releasedText(me, NOW))?.holder)
  })

  it("is longer for a process with many runs, which asks for ten renewals a second at most", () => {
    for (const runs of [1, 10, 100, 101, 1000, 5000]) {
      const seconds = leaseSeconds(runs)
      assert.isAtLeast(seconds, 30)
      assert.isAtMost(runs / renewalSeconds(seconds), 10)
    }
    assert.strictEqual(leaseSeconds(1), 30)
  })
})
