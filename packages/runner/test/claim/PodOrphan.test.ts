import { assert, describe, it } from "@effect/vitest"
import type { Pod } from "@podwright/k8s-io"
import { LEASE_ANNOTATION, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { type Driver, leaseState, leaseText, releasedText } from "../../src/claim/PodLease.ts"
import { decideOrphan, type PodOrphan } from "../../src/claim/PodOrphan.ts"

const NOW = Date.parse("2026-01-02T03:04:05Z")
const HOUR = 3_600_000
const me: Driver = { name: "here/1/me", pid: 1, machine: "m1" }
const other: Driver = { name: "there/2/other", pid: 2, machine: "m2" }
const neighbour: Driver = { name: "here/3/neighbour", pid: 3, machine: "m1" }
const ago = (seconds: number) => NOW - seconds * 1000
const iso = (seconds: number) => new Date(ago(seconds)).toISOString()

const pod = (lease: string | undefined, rest: Partial<Pod> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: {
    name: "p",
    namespace: "n",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: iso(100_000),
    labels: { [TASK_RUN_LABEL]: "r" },
    ...(lease === undefined ? {} : { annotations: { [LEASE_ANNOTATION]: lease } }),
    ...metadata
  },
  ...rest
})
const started = { startTime: iso(90_000) }
const running: Partial<Pod> = { spec: { activeDeadlineSeconds: 1000 }, status: { phase: "Running", ...started } }
const pending: Partial<Pod> = { spec: { activeDeadlineSeconds: 1000 }, status: { phase: "Pending" } }
const ended = (seconds: number, phase = "Succeeded"): Partial<Pod> => ({
  status: {
    phase,
    ...started,
    containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0, finishedAt: iso(seconds) } } }]
  }
})
const evicted = (seconds: number): Partial<Pod> => ({
  status: {
    phase: "Failed",
    conditions: [{ type: "DisruptionTarget", status: "True", lastTransitionTime: iso(seconds) }]
  }
})

type Why = PodOrphan["why"]
const keep = (why: Why): PodOrphan => ({ _tag: "Keep", why })
const aged = (why: Extract<Why, { readonly ageMs: number }>["_tag"], seconds: number): PodOrphan => ({
  _tag: seconds >= 3600 ? "Remove" : "Keep",
  why: { _tag: why, ageMs: seconds * 1000 }
})
const driven = (remainingSeconds: number, holder = other.name) =>
  keep({ _tag: "Driven", holder, remainingMs: remainingSeconds * 1000 })

describe("decideOrphan", () => {
  const held = leaseText(other, ago(10), 30, true)
  const table: ReadonlyArray<readonly [string, Pod, PodOrphan]> = [
    ["another's", pod(releasedText(other, 0), ended(9000), { labels: {} }), keep({ _tag: "Foreign" })],
    [
      "one on its way out",
      pod(releasedText(other, ago(9000)), running, { deletionTimestamp: iso(1) }),
      keep({ _tag: "Terminating" })
    ],
    ["one with a driver", pod(held, running), driven(20)],
    ["one that we drive ourselves", pod(leaseText(me, ago(1), 30, true), running), driven(0, me.name)],
    ["one that has ended, whose driver collects", pod(held, ended(9000)), driven(20)],
    ["one whose lease has run out just now", pod(leaseText(other, ago(30), 30, true), running), aged("Abandoned", 30)],
    ["one whose lease ran out long ago", pod(leaseText(other, ago(3600), 30, true), running), aged("Abandoned", 3600)],
    [
      "one whose lease ran out, and which no node took",
      pod(leaseText(other, ago(9000), 30, true)),
      aged("Abandoned", 9000)
    ],
    [
      "one of a dead process of our machine",
      pod(leaseText(neighbour, ago(5), 30, true), running),
      aged("Abandoned", 5)
    ],
    [
      "one of a dead process of our machine, which never renewed its lease",
      pod(leaseText(neighbour, ago(5000), 30, false), running),
      aged("Abandoned", 5000)
    ],
    [
      "one whose lease was never renewed: its driver may live, and not be allowed to",
      pod(leaseText(other, ago(9000), 30, false), running),
      keep({ _tag: "NeverRenewed" })
    ],
    ["one whose lease was never renewed, and holds", pod(leaseText(other, ago(10), 30, false), running), driven(20)],
    [
      "one whose lease was never renewed, which waits for a node before its deadline",
      pod(leaseText(other, ago(900), 30, false), pending, { creationTimestamp: iso(900) }),
      keep({ _tag: "NeverRenewed" })
    ],
    [
      "one whose lease was never renewed, which waits for a node after its deadline",
      pod(leaseText(other, ago(9000), 30, false), pending, { creationTimestamp: iso(9000) }),
      aged("NeverStarted", 8000)
    ],
    [
      "one whose lease was never renewed, which its deadline has ended",
      pod(leaseText(other, ago(9000), 30, false), ended(4000, "Failed")),
      aged("Ended", 4000)
    ],
    ["one that was left just now", pod(releasedText(other, ago(1)), running), aged("Released", 1)],
    ["one that was left long ago", pod(releasedText(other, ago(4000)), running), aged("Released", 4000)],
    ["one left by a clock before ours", pod(releasedText(other, ago(-50)), running), aged("Released", 0)],
    ["one that ended just now", pod(undefined, ended(3599)), aged("Ended", 3599)],
    ["one that ended long ago", pod(undefined, ended(3600, "Failed")), aged("Ended", 3600)],
    ["one that ended, and was evicted", pod(undefined, evicted(5000)), aged("Ended", 5000)],
    ["one that ended, of which nothing is known", pod(undefined, { status: { phase: "Failed" } }), aged("Ended", 1e5)],
    ["one that ended before its driver left it", pod(releasedText(other, ago(9)), ended(9000)), aged("Ended", 9)],
    [
      "one that ended after its driver died",
      pod(leaseText(other, ago(9000), 30, true), ended(8000)),
      aged("Ended", 8000)
    ],
    ["one that ended, with a lease we cannot read", pod("{}", ended(4000)), aged("Ended", 4000)],
    ["one that runs without lease", pod(undefined, running), keep({ _tag: "Unleased" })],
    ["one that runs with a lease we cannot read", pod("{}", running), keep({ _tag: "LeaseUnreadable" })],
    ["one without lease that no node took", pod(undefined, pending), aged("NeverStarted", 99_000)],
    [
      "one without lease that no node took yet",
      pod(undefined, pending, { creationTimestamp: iso(999) }),
      keep({ _tag: "Unleased" })
    ],
    ["one without lease or deadline", pod(undefined, { status: { phase: "Pending" } }), keep({ _tag: "Unleased" })]
  ]
  const decide = (of: Pod, olderThanMs: number) =>
    decideOrphan(
      of,
      leaseState(of.metadata.annotations?.[LEASE_ANNOTATION], me, NOW, () => false),
      NOW,
      olderThanMs
    )

  it.each(table)("%s", (_whose, of, expected) => {
    assert.deepStrictEqual(decide(of, HOUR), expected)
  })

  it("takes every forsaken pod when it is to be older than zero, and none that is claimed", () => {
    for (const [whose, of, { why }] of table) {
      assert.strictEqual(decide(of, 0)._tag, "ageMs" in why ? "Remove" : "Keep", whose)
    }
  })
})
