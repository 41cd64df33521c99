import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { buildPod } from "../../src/pod/PodBuilder.ts"
import { makeTask, taskValues } from "../../src/task/Task.ts"

const identity = { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 }

describe("makeTask", () => {
  it("needs an identity and an image", () => {
    const { runner, ...task } = makeTask({ identity, image: "busybox" })
    assert.deepStrictEqual(task, {
      identity,
      image: "busybox",
      command: { _tag: "Entrypoint" },
      env: {},
      inputFiles: [],
      outputFiles: [],
      timeout: undefined
    })
    assert.isTrue(runner.delete)
  })

  it("gives commands the defaults of the task file", () => {
    const { command } = makeTask({ identity, image: "busybox", commands: ["true"] })
    assert.deepStrictEqual(command, {
      _tag: "Commands",
      interpreter: ["/bin/sh", "-c"],
      beforeCommands: [],
      commands: ["true"],
      failFast: true,
      targetOS: "LINUX"
    })
    assert.deepStrictEqual(makeTask({ identity, image: "busybox", commands: [] }).command, { _tag: "Entrypoint" })
  })

  it("makes what a pod is built from", () => {
    const task = makeTask({
      identity,
      image: "busybox",
      commands: ["true"],
      inputFiles: [{ name: "in", source: { _tag: "Text", text: "x" } }],
      timeout: Duration.millis(1500)
    })
    const values = taskValues(task)
    assert.deepInclude(values, { hasInputs: true, wantsOutputs: false, timeoutSeconds: 2 })
    assert.strictEqual(buildPod(values, task.runner)._tag, "Success")
  })
})
