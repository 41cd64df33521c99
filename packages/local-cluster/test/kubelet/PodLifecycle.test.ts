/** What happens next to a pod, by what its containers have been through. */
import { assert, describe, it } from "@effect/vitest"
import {
  afterEnd,
  type ContainerState,
  dueAgain,
  initialHistory,
  nextSteps,
  restartDelaySeconds
} from "../../src/kubelet/PodLifecycle.ts"
import { container, end, ended, history, kubeletPod, running, sidecar, starting, untouched } from "../support/pods.ts"

const two = kubeletPod({ containers: [container("a"), container("b")] })
const inits = kubeletPod({
  initContainers: [container("i"), sidecar("s"), container("j")],
  containers: [container("m")]
})
const helpers = kubeletPod({ initContainers: [sidecar("s"), sidecar("t")] })

describe("nextSteps", () => {
  const cases: ReadonlyArray<
    readonly [
      name: string,
      pod: typeof two,
      states: Readonly<Record<string, ContainerState>>,
      steps: { readonly start?: ReadonlyArray<string>; readonly stop?: ReadonlyArray<string>; readonly ended?: boolean }
    ]
  > = [
    ["main containers start together", two, { a: untouched, b: untouched }, { start: ["a", "b"] }],
    ["no container is started twice", two, { a: starting, b: running }, {}],
    ["the pod continues while a main container runs", two, { a: ended(1), b: running }, {}],
    ["the pod ends with its last main container", two, { a: ended(1), b: ended(0) }, { ended: true }],
    ["init containers go first", inits, { i: untouched, s: untouched, j: untouched, m: untouched }, { start: ["i"] }],
    ["init containers go one at a time", inits, { i: running, s: untouched, j: untouched, m: untouched }, {}],
    [
      "a sidecar starts in its turn among init containers",
      inits,
      { i: ended(0), s: untouched, j: untouched, m: untouched },
      { start: ["s"] }
    ],
    [
      "an init container starts while a sidecar before it runs",
      inits,
      { i: ended(0), s: running, j: untouched, m: untouched },
      { start: ["j"] }
    ],
    [
      "an init container waits for a sidecar before it to run",
      inits,
      { i: ended(0), s: starting, j: untouched, m: untouched },
      {}
    ],
    [
      "main starts when the init containers have ended",
      inits,
      { i: ended(0), s: running, j: ended(0), m: untouched },
      { start: ["m"] }
    ],
    [
      "a failed init container stops the sidecars",
      inits,
      { i: ended(0), s: running, j: ended(2), m: untouched },
      { stop: ["s"] }
    ],
    [
      "a failed init container ends the pod when no sidecar runs",
      inits,
      { i: ended(1), s: untouched, j: untouched, m: untouched },
      { ended: true }
    ],
    [
      "sidecars end when main has, the last one first",
      helpers,
      { s: running, t: running, main: ended(0) },
      { stop: ["t"] }
    ],
    ["a sidecar ends after those behind it", helpers, { s: running, t: ended(143), main: ended(0) }, { stop: ["s"] }],
    ["the pod ends after its sidecars", helpers, { s: ended(0), t: ended(143), main: ended(0) }, { ended: true }]
  ]
  it.each(cases)("%s", (_, pod, states, steps) => {
    assert.deepStrictEqual(nextSteps(pod, history(states), false), { start: [], stop: [], ended: false, ...steps })
  })

  it("starts nothing in a pod that is to stop, and keeps sidecars while main ends", () => {
    const before = nextSteps(helpers, history({ s: running, t: untouched, main: running }), true)
    assert.deepStrictEqual(before, { start: [], stop: [], ended: false })
    const after = nextSteps(helpers, history({ s: running, t: untouched, main: ended(137) }), true)
    assert.deepStrictEqual(after, { start: [], stop: ["s"], ended: false })
  })

  it("lets a sidecar that once ran be passed while it waits to run again", () => {
    const back: ContainerState = { _tag: "Waiting", reason: "CrashLoopBackOff", begun: true }
    const states = new Map([
      ...history({ t: untouched, main: untouched }),
      ["s", { state: back, last: end(1), restarts: 2 }] as const
    ])
    assert.deepStrictEqual(nextSteps(helpers, states, false).start, ["t"])
  })
})

describe("initialHistory", () => {
  it("waits for init containers where there are some", () => {
    assert.deepInclude(initialHistory(two).get("a")?.state, { reason: "ContainerCreating" })
    assert.deepInclude(initialHistory(inits).get("m")?.state, { reason: "PodInitializing" })
  })
})

describe("afterEnd", () => {
  const before = { state: running, last: undefined, restarts: 0 }
  const init = container("i")
  const outcomes: ReadonlyArray<
    readonly [policy: string, who: ReturnType<typeof container>, exitCode: number, restarted: boolean]
  > = [
    ["Never", container("main"), 1, false],
    ["OnFailure", container("main"), 0, false],
    ["OnFailure", container("main"), 1, true],
    ["Always", container("main"), 0, true],
    ["Always", init, 0, false],
    ["Always", init, 1, true],
    ["Never", init, 1, false],
    ["Never", sidecar("s"), 0, true]
  ]
  it.each(outcomes)(
    "restartPolicy %s, %j, exit code %i: restarted is %s",
    (restartPolicy, who, exitCode, restarted) => {
      const pod = kubeletPod({ restartPolicy, initContainers: [init, sidecar("s")] })
      const after = afterEnd(pod, who, before, end(exitCode), false)
      assert.strictEqual(after.state._tag, restarted ? "Waiting" : "Terminated")
      assert.strictEqual(after.restarts, restarted ? 1 : 0)
      assert.strictEqual(afterEnd(pod, who, before, end(exitCode), true).state._tag, "Terminated")
    }
  )

  it("backs off as a kubelet does: at once, then 10 s doubling to 5 minutes", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 99].map(restartDelaySeconds),
      [0, 10, 20, 40, 80, 160, 300, 300, 300]
    )
  })

  it("says so, and starts again when the time has come", () => {
    const pod = kubeletPod({ restartPolicy: "Always" })
    const after = afterEnd(pod, container("main"), { ...before, restarts: 1 }, end(1), false)
    assert.deepStrictEqual(after, {
      state: {
        _tag: "Waiting",
        reason: "CrashLoopBackOff",
        message: "back-off 10s restarting failed container=main pod=hello_team(u1)",
        begun: true
      },
      last: end(1),
      restarts: 2
    })
    assert.deepStrictEqual(nextSteps(pod, new Map([["main", after]]), false).start, [])
    assert.deepStrictEqual(nextSteps(pod, new Map([["main", dueAgain(after)]]), false).start, ["main"])
  })
})
