import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseTaskFile } from "../../src/TaskFileReader.ts"

const parse = (source: string) => parseTaskFile(source, { fileName: "flow.yaml", directory: "/work" })
const notices = (source: string) => Result.getOrThrow(parse(source)).notices.map(String)
const problems = (source: string) => {
  const result = parse(source)
  return Result.isFailure(result) ? result.failure.issues.map(String) : []
}

const SHELL = "type: io.kestra.plugin.scripts.shell.Commands"
const flow = (head: string, task = `{ id: a, ${SHELL}, commands: [c] }`) =>
  `id: f\nnamespace: n\n${head}tasks:\n  - ${task}\n`

describe("readFlow", () => {
  it.each([
    ["triggers: [{ id: t }]", "flow.yaml:3:11: triggers are not run by podwright: this run is by hand"],
    ["concurrency: { limit: 1 }", "flow.yaml:3:14: concurrency is a Kestra server's to keep"],
    ["sla: []", "flow.yaml:3:6: sla is a Kestra server's to watch"],
    ["listeners: []", "flow.yaml:3:12: listeners are not run by podwright"],
    ["checks: []", "flow.yaml:3:9: checks are a Kestra server's to make"],
    ["extend: { title: x }", "flow.yaml:3:9: extend is the header of the blueprint catalogue"],
    ["workerGroup: { key: big }", "flow.yaml:3:14: workerGroup 'big' is passed over"]
  ])("passes over %s with one notice", (line, expected) => {
    const found = notices(flow(`${line}\n`))
    assert.strictEqual(found.length, 1)
    assert.include(found[0], expected)
  })

  it("says nothing of what makes no difference", () => {
    assert.deepStrictEqual(notices(flow("revision: 3\nlabels: [{ key: a, value: b }]\ntriggers:\n")), [])
    assert.deepStrictEqual(notices(flow("", `{ id: a, ${SHELL}, warningOnStdErr: false, commands: [c] }`)), [])
    assert.deepStrictEqual(
      notices(flow("", `{ id: a, ${SHELL}, namespaceFiles: { enabled: false }, commands: [c] }`)),
      []
    )
  })

  it("passes over a task's keys with a notice each, and refuses what a run would need", () => {
    assert.deepStrictEqual(
      notices(
        flow("", `{ id: a, ${SHELL}, logLevel: INFO, workerGroup: { key: k, fallback: WAIT }, commands: [c] }`)
      ).map((notice) => notice.replace(/:.*?: (\w+).*/, " $1")),
      ["flow.yaml logLevel", "flow.yaml workerGroup"]
    )
    assert.match(
      problems(flow("", `{ id: a, ${SHELL}, workerGroup: { key: k, fallback: FAIL }, commands: [c] }`))[0] ?? "",
      /^flow\.yaml:4:\d+: workerGroup 'k' must have a worker \(fallback FAIL\)/
    )
    assert.match(
      problems(flow("", `{ id: a, ${SHELL}, namespaceFiles: { enabled: true }, commands: [c] }`))[0] ?? "",
      /^flow\.yaml:4:\d+: namespaceFiles: no folder is known for the files of namespace 'n': name it by --namespace-files DIR/
    )
  })

  it("runs script tasks of errors and finally, and names the others", () => {
    const more = `errors:\n  - { id: e, ${SHELL}, commands: [c] }\n  - { id: l, type: io.kestra.plugin.core.log.Log, message: m }\nfinally:\n  - { id: z, ${SHELL}, commands: [c] }\n`
    const file = Result.getOrThrow(parse(flow(more)))
    assert.deepStrictEqual(
      [file.tasks, file.errors, file.finally].map((tasks) => tasks.map(({ id }) => id)),
      [["a"], ["e"], ["z"]]
    )
    assert.match(
      file.notices.map(String).join("\n"),
      /^flow\.yaml:5:20: this task of errors is not run: log\.Log runs nothing in a pod/
    )
    assert.match(problems(flow(more.replace("id: z", "id: a")))[0] ?? "", /id 'a' is used twice in tasks/)
    assert.match(problems(flow("errors:\n  - { id: e, type: x }\n"))[0] ?? "", /:4:20: unknown task type 'x'/)
  })

  it("says what it means to set podwright's own variables", () => {
    const found = notices(flow("", `{ id: a, ${SHELL}, env: { OUTPUT_DIR: /x, WORKING_DIR: /y }, commands: [c] }`))
    assert.lengthOf(found, 2)
    assert.match(
      found[0] ?? "",
      /:4:\d+: env: OUTPUT_DIR replaces podwright's: what is written there does not come back/
    )
    assert.match(found[1] ?? "", /:4:\d+: env: WORKING_DIR replaces podwright's: the commands start in \{\{ workingDir/)
  })

  it("reports the keys of a type in the words of the type", () => {
    const python = "type: io.kestra.plugin.scripts.python.Script"
    assert.deepStrictEqual(problems(flow("", `{ id: a, ${python}, scrpt: x, script: s }`)), [
      "flow.yaml:4:60: unknown key 'scrpt'; did you mean 'script'?"
    ])
  })

  it("places what is wrong in a default where the default stands", () => {
    const defaults =
      "pluginDefaults:\n  - type: io.kestra.plugin.scripts\n    values:\n      timeout: 5\n      taskRunner: { type: podwright, waitUntilRunning: soon }\n"
    const found = problems(flow(defaults))
    assert.strictEqual(found.length, 2)
    assert.match(found[0] ?? "", /^flow\.yaml:7:56: waitUntilRunning: expected a duration/)
    assert.match(found[1] ?? "", /^flow\.yaml:6:16: timeout: Expected string/)
  })
})
