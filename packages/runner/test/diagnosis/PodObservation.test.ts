/**
 * What is read from a pod's status. Numbers such as R13 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import type { ContainerStatus, Pod } from "@podwright/k8s-io"
import { isRunning, mainHasBegun, mainHasEnded, observePod } from "../../src/diagnosis/PodObservation.ts"

const pod = (status: Pod["status"], more: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1", ...more },
  spec: { nodeName: "node1" },
  ...(status === undefined ? {} : { status })
})
const container = (name: string, state: ContainerStatus["state"]): ContainerStatus => ({
  name,
  ...(state === undefined ? {} : { state })
})

describe("observePod", () => {
  it("keeps how a container that waits to be restarted last ended", () => {
    const crashed: ContainerStatus = {
      name: "proxy",
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
      lastState: { terminated: { exitCode: 3, reason: "Error" } }
    }
    const { containers } = observePod(pod({ phase: "Pending", initContainerStatuses: [crashed] }), "main")
    assert.deepStrictEqual(containers.get("proxy"), {
      _tag: "Waiting",
      reason: "CrashLoopBackOff",
      message: "back-off",
      last: { exitCode: 3, reason: "Error", message: undefined }
    })
  })

  it.each([
    ["waits for its image", { waiting: { reason: "ContainerCreating" } }, false],
    ["runs", { running: {} }, true],
    ["has run", { terminated: { exitCode: 3, reason: "Error" } }, true],
    ["could not be started", { terminated: { exitCode: 128, reason: "StartError" } }, false]
  ] as const)("a main that %s", (_what, state, begun) => {
    assert.strictEqual(mainHasBegun(observePod(pod({ containerStatuses: [container("main", state)] }), "main")), begun)
  })

  const cases: ReadonlyArray<readonly [string, Pod, { readonly ended: boolean; readonly main: string }]> = [
    ["no status at all", pod(undefined), { ended: false, main: "Unknown" }],
    ["empty container list", pod({ phase: "Running", containerStatuses: [] }), { ended: false, main: "Unknown" }],
    [
      "main waiting",
      pod({ phase: "Pending", containerStatuses: [container("main", { waiting: { reason: "ContainerCreating" } })] }),
      { ended: false, main: "Waiting" }
    ],
    [
      "main running",
      pod({ phase: "Running", containerStatuses: [container("main", { running: {} })] }),
      { ended: false, main: "Running" }
    ],
    [
      "main ended while the helper runs",
      pod({
        phase: "Running",
        containerStatuses: [container("files", { running: {} }), container("main", { terminated: { exitCode: 3 } })]
      }),
      { ended: true, main: "Ended" }
    ],
    [
      "R13 a sidecar that ended is not main",
      pod({
        phase: "Running",
        containerStatuses: [container("mesh", { terminated: { exitCode: 0 } }), container("main", { running: {} })]
      }),
      { ended: false, main: "Running" }
    ],
    [
      "evicted before any container was reported",
      pod({ phase: "Failed", reason: "Evicted" }),
      { ended: true, main: "Unknown" }
    ],
    [
      "R13 a sidecar that others put in holds nothing back",
      pod({
        phase: "Running",
        containerStatuses: [container("main", { terminated: { exitCode: 0 } }), container("mesh", { running: {} })]
      }),
      { ended: true, main: "Ended" }
    ],
    [
      "R17 an ephemeral container does not count, not even one with main's name",
      pod({
        phase: "Running",
        containerStatuses: [container("main", { running: {} })],
        // As the API sends it; there is no type for what is not read.
        ...{ ephemeralContainerStatuses: [container("main", { terminated: { exitCode: 9 } })] }
      }),
      { ended: false, main: "Running" }
    ],
    [
      "R18 a native sidecar that runs does not keep main from having started",
      pod({
        phase: "Running",
        initContainerStatuses: [{ ...container("proxy", { running: {} }), started: true }],
        containerStatuses: [container("main", { running: {} })]
      }),
      { ended: false, main: "Running" }
    ],
    [
      "R18 a native sidecar that runs does not keep main from having ended",
      pod({
        phase: "Running",
        initContainerStatuses: [{ ...container("proxy", { running: {} }), started: true }],
        containerStatuses: [container("main", { terminated: { exitCode: 0 } })]
      }),
      { ended: true, main: "Ended" }
    ],
    ["phase Unknown is no end", pod({ phase: "Unknown" }), { ended: false, main: "Unknown" }]
  ]
  for (const [name, value, expected] of cases) {
    it(name, () => {
      const seen = observePod(value, "main")
      assert.strictEqual(mainHasEnded(seen), expected.ended)
      assert.strictEqual(seen.main._tag, expected.main)
    })
  }

  it("tells helpers apart and knows init containers", () => {
    const seen = observePod(
      pod({
        phase: "Pending",
        initContainerStatuses: [container("files-in", { running: {} })],
        containerStatuses: [container("files", { terminated: { exitCode: 0 } })]
      }),
      "main"
    )
    assert.isTrue(isRunning(seen, "files-in"))
    assert.isFalse(isRunning(seen, "files"))
  })

  it("keeps the scheduler's sentence, a disruption and a deletion", () => {
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" },
      { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }
    ]
    const seen = observePod(
      pod({ phase: "Pending", conditions }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      "main"
    )
    assert.strictEqual(seen.unschedulable, "0/1 nodes are available")
    assert.strictEqual(seen.disruption, "PreemptionByScheduler")
    assert.isTrue(seen.terminating)
  })
})
