/** Which end of a container the kubelet's events explain. Numbers are rows of packages/runner/README.md. */
import { assert, describe, it } from "@effect/vitest"
import type { KubeEvent } from "@podwright/k8s-io"
import { diagnoseEnd } from "../../src/diagnosis/Diagnosis.ts"
import { evidenceOf, explainEnd } from "../../src/diagnosis/EventEvidence.ts"

const event = (reason: string, message: string, container = "main"): KubeEvent => ({
  metadata: { name: "e" },
  reason,
  message,
  involvedObject: { fieldPath: `spec.containers{${container}}` }
})
const unhealthy = event("Unhealthy", "Liveness probe failed: cat: /tmp/ok: No such file")
const killing = event("Killing", "Container main failed liveness probe, will be restarted")

describe("evidenceOf", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<KubeEvent>, ReturnType<typeof evidenceOf>]> = [
    ["nothing", [], undefined],
    [
      "R21 a postStart hook",
      [event("FailedPostStartHook", "PostStartHook failed"), event("Killing", "FailedPostStartHook")],
      { _tag: "Hook", said: "PostStartHook failed" }
    ],
    [
      "R21 a liveness probe",
      [unhealthy, killing],
      { _tag: "Probe", probe: "liveness", said: "Liveness probe failed: cat: /tmp/ok: No such file" }
    ],
    [
      "R21 a startup probe",
      [event("Killing", "Container main failed startup probe")],
      { _tag: "Probe", probe: "startup", said: "Container main failed startup probe" }
    ],
    ["a probe that failed and ended nothing", [unhealthy], undefined],
    ["an end that somebody else wanted", [event("Killing", "Stopping container main")], undefined],
    ["another container", [event("FailedPostStartHook", "PostStartHook failed", "db")], undefined]
  ]
  it.each(cases)("%s", (_name, events, expected) => {
    assert.deepStrictEqual(evidenceOf(events, "main"), expected)
  })
})

describe("explainEnd", () => {
  const end = (exitCode: number, reason = "Error") => diagnoseEnd({ exitCode, reason, message: undefined }, undefined)
  it("R21 names the hook or the probe that ended the command", () => {
    const hook = explainEnd(end(143), [event("FailedPostStartHook", "PostStartHook failed")], "main")
    assert.strictEqual(hook.cause._tag, "HookFailed")
    assert.include(hook.summary, "postStart")
    assert.include(hook.summary, "143")
    const probe = explainEnd(end(3), [unhealthy, killing], "main")
    assert.strictEqual(probe.cause._tag, "ProbeFailed")
    assert.include(probe.summary, "No such file")
  })
  it("leaves an end that its status explains", () => {
    const memory = end(137, "OOMKilled")
    assert.strictEqual(explainEnd(memory, [unhealthy, killing], "main"), memory)
    const own = end(3)
    assert.strictEqual(explainEnd(own, [unhealthy], "main"), own)
  })
})
