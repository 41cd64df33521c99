/**
 * What an error of a clock says that the time went into. Numbers such as P11 are rows of the
 * catalogue in packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { describeCollecting, describeProgress, describeRunning } from "../../src/run/PodProgress.ts"
import { observation, waiting } from "../support/observation.ts"

describe("describeProgress", () => {
  const pulling = { metadata: { name: "e" }, reason: "Pulling", message: 'Pulling image "big"' }
  const mount = { metadata: { name: "e" }, reason: "FailedMount", message: 'secret "s" not found\n' }
  const creating = observation({
    containers: new Map([["main", waiting("ContainerCreating")]]),
    main: waiting("ContainerCreating")
  })
  it.each([
    ["P11 no pod", undefined, undefined, "creating the pod"],
    [
      "P11 no node fits",
      observation({ node: undefined, unschedulable: "0/1 nodes" }),
      undefined,
      "waiting for a node (0/1 nodes)"
    ],
    [
      "P11 a gate",
      observation({ node: undefined, gated: "Scheduling is blocked" }),
      undefined,
      "waiting for its scheduling gates (Scheduling is blocked)"
    ],
    ["P11 not looked at", observation({ node: undefined }), undefined, "waiting for the scheduler"],
    [
      "P11 a pull",
      creating,
      pulling,
      'starting containers on node node1: main: ContainerCreating; the cluster said last: Pulling image "big" (Pulling)'
    ],
    [
      "P11 a volume",
      creating,
      mount,
      'starting containers on node node1: main: ContainerCreating; the cluster said last: secret "s" not found (FailedMount)'
    ],
    ["P11 no events", creating, undefined, "starting containers on node node1: main: ContainerCreating"],
    [
      "P11 an init container of the user's that does not end",
      observation({
        phase: "Pending",
        containers: new Map([
          ["wait-for-db", { _tag: "Running" }],
          ["main", waiting("PodInitializing")]
        ]),
        main: waiting("PodInitializing")
      }),
      undefined,
      "starting containers on node node1: wait-for-db: running, main: PodInitializing"
    ],
    ["P11 exec does not come through", observation(), undefined, "reaching the pod's helper container by exec"]
  ] as const)("%s", (_name, pod, last, expected) => {
    assert.strictEqual(describeProgress(pod, last), expected)
  })
})

describe("describeCollecting", () => {
  it("says what had come", () => {
    assert.include(describeCollecting(undefined), "no file has come")
    const outputs = { _tag: "Progress", direction: "outputs", bytes: 7, files: 1, bytesPerSecond: 1 } as const
    assert.include(describeCollecting(outputs), "7 bytes of 1 file had come")
  })
})

describe("describeRunning", () => {
  const none = { stdout: 0, stderr: 0 }
  const creating = observation({
    containers: new Map([["main", waiting("PodInitializing")]]),
    main: waiting("PodInitializing")
  })
  it.each([
    ["inputs on their way", { logLines: none, timings: { started: 3 } }, false, "delivering the input files"],
    ["inputs on their way to an init container", { logLines: none, timings: {} }, false, "delivering the input files"],
    [
      "all is delivered and main does not run",
      { logLines: none, timings: {} },
      true,
      "starting containers on node node1: main: PodInitializing"
    ],
    [
      "nothing printed",
      { logLines: none, timings: { started: 3 } },
      true,
      "running the command (it has printed nothing)"
    ],
    [
      "one line",
      { logLines: { stdout: 1, stderr: 0 }, timings: { started: 3 } },
      true,
      "running the command (it has printed 1 line)"
    ],
    [
      "lines of both",
      { logLines: { stdout: 2, stderr: 3 }, timings: { started: 3 } },
      true,
      "running the command (it has printed 5 lines)"
    ]
  ] as const)("%s", (_name, facts, delivered, expected) => {
    assert.strictEqual(describeRunning(facts, creating, delivered), expected)
  })
})
