import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import type { CleanedPod } from "@podwright/runner"
import { cleanedLine, cleaningJson } from "../../../src/commands/clean/CleanReport.ts"

const pod = { namespace: "n", name: "p", uid: "u" }
const error = new KubeError({ operation: "Pods.delete", subject: pod, reason: { _tag: "Timeout", seconds: 15 } })
const kept = (why: CleanedPod["why"]): CleanedPod => ({ ...pod, _tag: "Kept", why })

describe("what is said of a pod", () => {
  const table: ReadonlyArray<readonly [CleanedPod, string]> = [
    [kept({ _tag: "Foreign" }), "kept n/p: something other than podwright created it"],
    [kept({ _tag: "Terminating" }), "kept n/p: it is being deleted"],
    [
      kept({ _tag: "Driven", holder: "here/1/a", remainingMs: 20_000 }),
      "kept n/p: it is driven by here/1/a, whose lease holds for 20.0 s unless it is renewed"
    ],
    [
      kept({ _tag: "Unleased" }),
      "kept n/p: it has no lease (resume: false), so it cannot be known whether a driver uses it; its deadline ends it"
    ],
    [
      kept({ _tag: "NeverRenewed" }),
      "kept n/p: its driver never renewed the lease: the driver died at once, or may not patch pods; the pod's deadline ends it"
    ],
    [
      kept({ _tag: "LeaseUnreadable" }),
      "kept n/p: its lease cannot be read, because something else wrote it; its deadline ends it"
    ],
    [kept({ _tag: "Ended", ageMs: 60_000 }), "kept n/p: it ended 1.0 min ago"],
    [{ ...pod, _tag: "Removed", why: { _tag: "Ended", ageMs: 7_200_000 } }, "removed n/p: it ended 2.0 h ago"],
    [
      { ...pod, _tag: "WouldRemove", why: { _tag: "Released", ageMs: 1000 } },
      "would remove n/p: its driver released it 1.0 s ago"
    ],
    [
      { ...pod, _tag: "Removed", why: { _tag: "NeverStarted", ageMs: 1000 } },
      "removed n/p: no node accepted it, and its deadline passed 1.0 s ago"
    ],
    [
      { ...pod, _tag: "Failed", why: { _tag: "Abandoned", ageMs: 1000 }, error },
      "not removed n/p: abandoned: its driver last renewed the lease 1.0 s ago; it could not be deleted: the API server did not answer within 15 s."
    ]
  ]
  it.each(table)("$why._tag", (of, expected) => {
    assert.strictEqual(cleanedLine(of), `${expected}\n`)
  })

  it("has everything for scripts", () => {
    const pods: ReadonlyArray<CleanedPod> = [
      kept({ _tag: "Driven", holder: "here/1/a", remainingMs: 20_000 }),
      { ...pod, _tag: "WouldRemove", why: { _tag: "Ended", ageMs: 1000 } }
    ]
    const found = cleaningJson({ namespace: undefined, dryRun: true, olderThanMs: 0, pods, problem: undefined })
    assert.deepStrictEqual(found, {
      namespace: null,
      dryRun: true,
      olderThanSeconds: 0,
      pods: [
        {
          namespace: "n",
          pod: "p",
          uid: "u",
          action: "kept",
          cause: "Driven",
          ageSeconds: null,
          holder: "here/1/a",
          why: "it is driven by here/1/a, whose lease holds for 20.0 s unless it is renewed",
          error: null
        },
        {
          namespace: "n",
          pod: "p",
          uid: "u",
          action: "would-remove",
          cause: "Ended",
          ageSeconds: 1,
          holder: null,
          why: "it ended 1.0 s ago",
          error: null
        }
      ],
      error: null
    })
  })
})
