import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import { plainTaskRequest } from "../../src/plain/PlainTask.ts"

const read = (task: unknown) => Result.getOrThrow(plainTaskRequest(task, "/here"))

describe("plainTaskRequest", () => {
  it("fills in what the task file's defaults are", () => {
    const { identity, outputDirectory, runner, ...request } = read({ image: "busybox", commands: ["true"] })
    assert.deepStrictEqual(request, {
      image: "busybox",
      command: {
        _tag: "Commands",
        interpreter: ["/bin/sh", "-c"],
        beforeCommands: [],
        commands: ["true"],
        failFast: true,
        targetOS: "LINUX"
      },
      env: {},
      inputFiles: [],
      outputFiles: [],
      timeout: undefined
    })
    assert.include(identity, { namespace: "default", flowId: "task", taskId: "task", attempt: 0 })
    assert.match(identity.taskRunId, /^[0-9a-f]{20}$/)
    assert.strictEqual(outputDirectory, `/here/.podwright/${identity.executionId}`)
    assert.isTrue(runner.delete)
  })

  it("runs the image's entrypoint without commands", () => {
    assert.deepStrictEqual(read({ image: "busybox" }).command, { _tag: "Entrypoint" })
  })

  it("reads the forms of the task file", () => {
    const request = read({
      image: "busybox",
      env: { COUNT: 3, ON: true },
      timeout: "90s",
      inputFiles: {
        a: "text",
        b: "https://example.org/b",
        c: { path: "c.txt" },
        d: { text: "https://not.fetched" },
        e: { path: "/e", mode: "0600" }
      },
      runner: { waitUntilRunning: "PT2M" },
      taskRunId: "r1"
    })
    assert.deepStrictEqual(request.env, { COUNT: "3", ON: "true" })
    assert.deepStrictEqual(request.timeout, Duration.seconds(90))
    assert.deepStrictEqual(
      request.inputFiles.map(({ source }) => source),
      [
        { _tag: "Text", text: "text" },
        { _tag: "Url", url: "https://example.org/b" },
        { _tag: "Path", path: "/here/c.txt" },
        { _tag: "Text", text: "https://not.fetched" },
        { _tag: "Path", path: "/e" }
      ]
    )
    assert.deepStrictEqual(
      request.inputFiles.map(({ mode }) => mode),
      [undefined, undefined, undefined, undefined, 0o600]
    )
    assert.deepStrictEqual(request.runner.waitUntilRunning, Duration.minutes(2))
    assert.strictEqual(request.identity.taskRunId, "r1")
  })

  const wrong: ReadonlyArray<readonly [unknown, string]> = [
    [{ commands: ["true"] }, "image: Missing key"],
    [{ image: "busybox", comands: ["true"] }, "comands: unknown property 'comands'; did you mean 'commands'?"],
    [{ image: "busybox", timeout: "soon" }, "timeout: expected a duration such as PT1H30M, 90s or 1h30m, not 'soon'"],
    [{ image: "busybox", timeout: "0s" }, "timeout: expected a time longer than zero"],
    [{ image: "busybox", runner: { delet: true } }, "runner.delet: unknown property 'delet'; did you mean 'delete'?"],
    [{ image: "busybox", inputFiles: { a: { pat: "x" } } }, "inputFiles.a"],
    [{ image: "busybox", inputFiles: { a: { path: "x", mode: 600 } } }, "inputFiles.a.mode: expected a text, such as"],
    [{ image: "busybox", inputFiles: { a: { path: "x", mod: "600" } } }, "did you mean 'mode'?"],
    [{ image: "busybox", outputDirectory: "users:\n- token: s3cret" }, "outputDirectory: expected the path of a file"],
    [{ image: "busybox", timeout: "users:\n- token: s3cret" }, "1h30m, not '… (22 characters)'"],
    [undefined, "Expected object"]
  ]
  it.each(wrong)("%j", (task, message) => {
    const error = Result.getOrThrow(Result.flip(plainTaskRequest(task, "/here")))
    assert.include(error.message, message)
  })
})
