import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseTaskFile } from "../../src/TaskFileReader.ts"

const SHELL = "type: io.kestra.plugin.scripts.shell.Commands"
const FOLDER = "type: io.kestra.plugin.core.flow.WorkingDirectory"
const SEQUENTIAL = "type: io.kestra.plugin.core.flow.Sequential"

const parse = (...tasks: ReadonlyArray<string>) =>
  parseTaskFile(`id: f\nnamespace: n\ntasks:\n${tasks.map((task) => `  - ${task}\n`).join("")}`, {
    fileName: "flow.yaml",
    directory: "/work"
  })
const read = (...tasks: ReadonlyArray<string>) => Result.getOrThrow(parse(...tasks))
const problems = (...tasks: ReadonlyArray<string>) => {
  const result = parse(...tasks)
  return Result.isFailure(result) ? result.failure.issues.map(String) : []
}
const task = (id: string) => `{ id: ${id}, ${SHELL}, commands: [c] }`

describe("groups of tasks", () => {
  it("puts the tasks of a Sequential in its place, also of one within another", () => {
    const inner = `{ id: inner, ${SEQUENTIAL}, tasks: [${task("c")}] }`
    const file = read(task("a"), `{ id: s, ${SEQUENTIAL}, tasks: [${task("b")}, ${inner}] }`, task("d"))
    assert.deepStrictEqual(
      file.tasks.map(({ groups, id, path }) => [id, path.join("."), groups.map((group) => group.id).join()]),
      [
        ["a", "tasks.0", ""],
        ["b", "tasks.1.tasks.0", "s"],
        ["c", "tasks.1.tasks.1.tasks.0", "s,inner"],
        ["d", "tasks.2", ""]
      ]
    )
    assert.deepStrictEqual(
      file.tasks.map(({ folder }) => folder),
      [undefined, undefined, undefined, undefined]
    )
  })

  it("gives the tasks of a WorkingDirectory one folder, and knows the last of them", () => {
    const more = "inputFiles: { a: x, b: null }, outputFiles: ['*.csv']"
    const { tasks } = read(`{ id: w, ${FOLDER}, ${more}, tasks: [${task("a")}, ${task("b")}] }`, task("c"))
    const folder = {
      id: "w",
      path: ["tasks", 0],
      inputFiles: { a: "x" },
      outputFiles: ["*.csv"],
      namespaceFiles: undefined
    }
    assert.deepStrictEqual(
      tasks.map((one) => one.folder),
      [{ ...folder, isLast: false }, { ...folder, isLast: true }, undefined]
    )
  })

  it.each(["core.tasks.flows.WorkingDirectory", "core.tasks.flows.Worker"])("knows the older name %s", (name) => {
    const [one] = read(`{ id: w, type: io.kestra.${name}, tasks: [${task("a")}] }`).tasks
    assert.strictEqual(one?.folder?.id, "w")
  })

  it("leaves out the tasks of a group that is disabled", () => {
    const { tasks } = read(`{ id: w, ${FOLDER}, disabled: true, tasks: [${task("a")}] }`, task("b"))
    assert.deepStrictEqual(
      tasks.map(({ disabled }) => disabled),
      [true, false]
    )
  })

  it.each([
    ["errors: [{ id: e }]", /:4:\d+: errors of a group are not run/],
    ["cache: { patterns: [x], ttl: PT1H }", /:4:\d+: cache is a Kestra server's to keep/],
    ["logLevel: INFO", /:4:\d+: logLevel is a Kestra server's to keep/]
  ])("passes over %s with a notice", (key, expected) => {
    const { notices } = read(`{ id: w, ${FOLDER}, ${key}, tasks: [${task("a")}] }`)
    assert.lengthOf(notices, 1)
    assert.match(String(notices[0]), expected)
  })

  it.each([
    ["a key that is not known", `{ id: w, ${FOLDER}, task: x, tasks: [${task("a")}] }`, /unknown key 'task'; did you/],
    ["files of a Sequential", `{ id: w, ${SEQUENTIAL}, inputFiles: {}, tasks: [${task("a")}] }`, /key 'inputFiles'/],
    [
      "files of a namespace without a folder",
      `{ id: w, ${FOLDER}, namespaceFiles: {}, tasks: [${task("a")}, ${task("b")}] }`,
      /namespaceFiles: no folder is known/
    ],
    ["no tasks", `{ id: w, ${FOLDER} }`, /tasks: expected a list of tasks/],
    ["no id", `{ ${FOLDER}, tasks: [${task("a")}] }`, /id: Missing key/],
    ["an id that a task has", `{ id: a, ${FOLDER}, tasks: [${task("a")}] }`, /id 'a' is used twice in tasks/],
    [
      "a group within a WorkingDirectory",
      `{ id: w, ${FOLDER}, tasks: [{ id: s, ${SEQUENTIAL}, tasks: [${task("a")}] }] }`,
      /:4:\d+: tasks of a WorkingDirectory are no groups/
    ]
  ])("refuses %s at its place", (_name, written, expected) => {
    const found = problems(written)
    assert.lengthOf(found, 1)
    assert.match(found[0] ?? "", expected)
  })
})
