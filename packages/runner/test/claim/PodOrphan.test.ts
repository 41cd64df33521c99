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
    ["a pod of another program", pod(releasedText(other, 0), ended(9000), { labels: {} }), keep({ _tag: "Foreign" })],
    [
      "a pod that is being deleted",
      pod(releasedText(other, ago(9000)), running, { deletionTimestamp: iso(1) }),
      keep({ _tag: "Terminating" })
    ],
    ["a pod with a live driver", pod(held, running), driven(20)],
    ["a pod that this process drives", pod(leaseText(me, ago(1), 30, true), running), driven(0, me.name)],
    ["a pod that has ended, and whose driver is collecting its outputs", pod(held, ended(9000)), driven(20)],
    ["a pod whose lease expired just now", pod(leaseText(other, ago(30), 30, true), running), aged("Abandoned", 30)],
    [
      "a pod whose lease expired long ago",
      pod(leaseText(other, ago(3600), 30, true), running),
      aged("Abandoned", 3600)
    ],
    ["a pod whose lease expired, without a node", pod(leaseText(other, ago(9000), 30, true)), aged("Abandoned", 9000)],
    [
      "a pod of a dead process of this machine",
      pod(leaseText(neighbour, ago(5), 30, true), running),
      aged("Abandoned", 5)
    ],
    [
      "a pod of a dead process of this machine that never renewed its lease",
      pod(leaseText(neighbour, ago(5000), 30, false), running),
      aged("Abandoned", 5000)
    ],
    [
      "a pod whose lease was never renewed: its driver may live without the permission to renew it",
      pod(leaseText(other, ago(9000), 30, false), running),
      keep({ _tag: "NeverRenewed" })
    ],
    [
      "a pod whose lease was never renewed and is valid",
      pod(leaseText(other, ago(10), 30, false), running),
      driven(20)
    ],
    [
      "a pod whose lease was never renewed, waiting for a node before its deadline",
      pod(leaseText(other, ago(900), 30, false), pending, { creationTimestamp: iso(900) }),
      keep({ _tag: "NeverRenewed" })
    ],
    [
      "a pod whose lease was never renewed, waiting for a node after its deadline",
      pod(leaseText(other, ago(9000), 30, false), pending, { creationTimestamp: iso(9000) }),
      aged("NeverStarted", 8000)
    ],
    [
      "a pod whose lease was never renewed, ended by its deadline",
      pod(leaseText(other, ago(9000), 30, false), ended(4000, "Failed")),
      aged("Ended", 4000)
    ],
    ["a pod released just now", pod(releasedText(other, ago(1)), running), aged("Released", 1)],
    ["a pod released long ago", pod(releasedText(other, ago(4000)), running), aged("Released", 4000)],
    ["a pod released by a clock ahead of ours", pod(releasedText(other, ago(-50)), running), aged("Released", 0)],
    ["a pod that ended just now", pod(undefined, ended(3599)), aged("Ended", 3599)],
    ["a pod that ended long ago", pod(undefined, ended(3600, "Failed")), aged("Ended", 3600)],
    ["a pod that was evicted", pod(undefined, evicted(5000)), aged("Ended", 5000)],
    [
      "a pod that ended, without a status of its containers",
      pod(undefined, { status: { phase: "Failed" } }),
      aged("Ended", 1e5)
    ],
    ["a pod that ended before its driver released it", pod(releasedText(other, ago(9)), ended(9000)), aged("Ended", 9)],
    [
      "a pod that ended after its driver died",
      pod(leaseText(other, ago(9000), 30, true), ended(8000)),
      aged("Ended", 8000)
    ],
    ["a pod that ended, with an unreadable lease", pod("{}", ended(4000)), aged("Ended", 4000)],
    ["a running pod without a lease", pod(undefined, running), keep({ _tag: "Unleased" })],
    ["a running pod with an unreadable lease", pod("{}", running), keep({ _tag: "LeaseUnreadable" })],
    ["an old pod without a lease or a node", pod(undefined, pending), aged("NeverStarted", 99_000)],
    [
      "a new pod without a lease or a node",
      pod(undefined, pending, { creationTimestamp: iso(999) }),
      keep({ _tag: "Unleased" })
    ],
    [
      "a pod without a lease or a deadline",
      pod(undefined, { status: { phase: "Pending" } }),
      keep({ _tag: "Unleased" })
    ]
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
