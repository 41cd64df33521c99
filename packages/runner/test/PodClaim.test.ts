import { assert, describe, it } from "@effect/vitest"
import type { Pod } from "@podwright/k8s-io"
import { identityLabels } from "@podwright/spec-builder"
import { podOwner } from "../src/PodClaim.ts"

const pod = (metadata: Partial<Pod["metadata"]>): Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1", ...metadata }
})
const labels = identityLabels({
  namespace: "n",
  flowId: "f",
  taskId: "t",
  executionId: "e",
  taskRunId: "r",
  attempt: 2
})

describe("podOwner", () => {
  const table: ReadonlyArray<readonly [string, Pod, string]> = [
    [
      "another driver's",
      pod({ labels, creationTimestamp: "2026-01-02T03:04:05Z" }),
      "made for task t of flow f, execution e, task run r, attempt 2, by another driver at 2026-01-02T03:04:05Z"
    ],
    ["anybody's", pod({ labels: { app: "x" } }), "made by something other than podwright"],
    [
      "one that goes away",
      pod({ deletionTimestamp: "2026-01-02T03:04:05Z" }),
      "made by something other than podwright; it is being deleted"
    ]
  ]
  it.each(table)("%s", (_whose, of, expected) => {
    assert.strictEqual(podOwner(of), expected)
  })
})
