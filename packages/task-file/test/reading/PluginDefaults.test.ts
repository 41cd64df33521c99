import { assert, describe, it } from "@effect/vitest"
import { readDefaults, withDefaults } from "../../src/reading/PluginDefaults.ts"

const defaultsOf = (...entries: ReadonlyArray<object>) => {
  const { defaults, issues } = readDefaults({ pluginDefaults: entries as never })
  assert.deepStrictEqual(issues, [])
  return defaults
}

describe("withDefaults", () => {
  it("matches by prefix, the task's own value before the default", () => {
    const defaults = defaultsOf({ type: "a.b", values: { image: "one", env: { STAGE: "trial", LEVEL: "low" } } })
    const { keys, moved, task } = withDefaults({ type: "a.b.C", env: { LEVEL: "high" } }, ["tasks", 0], defaults)
    assert.deepStrictEqual(task, { type: "a.b.C", image: "one", env: { STAGE: "trial", LEVEL: "high" } })
    assert.deepStrictEqual(keys, [
      { key: ["image"], from: ["pluginDefaults", 0, "values", "image"], forced: false },
      { key: ["env", "STAGE"], from: ["pluginDefaults", 0, "values", "env", "STAGE"], forced: false }
    ])
    assert.deepInclude(moved, [
      ["tasks", 0, "env", "STAGE"],
      ["pluginDefaults", 0, "values", "env", "STAGE"]
    ])
    assert.deepStrictEqual(withDefaults({ type: "a.c" }, [], defaults).keys, [])
  })

  it("lets a forced one win, the last of several, and the first of those that are not", () => {
    const defaults = defaultsOf(
      { type: "a", forced: true, values: { image: "first" } },
      { type: "a", forced: true, values: { image: "second" } },
      { type: "a", values: { user: "first" } },
      { type: "a", values: { user: "second" } }
    )
    const { keys, task } = withDefaults({ type: "a.B", image: "own" }, ["tasks", 0], defaults)
    assert.deepStrictEqual(task, { type: "a.B", image: "second", user: "first" })
    assert.deepInclude(keys, { key: ["image"], from: ["pluginDefaults", 1, "values", "image"], forced: true })
  })

  it("puts lists one after the other, without what is there already", () => {
    const defaults = defaultsOf({ type: "a", values: { commands: ["x", "y"] } })
    assert.deepStrictEqual(withDefaults({ type: "a", commands: ["y", "z"] }, [], defaults).task["commands"], [
      "x",
      "y",
      "z"
    ])
  })

  it("reaches the runner of a task, but not by a default for the task", () => {
    const defaults = defaultsOf(
      { type: "a", values: { image: "i" } },
      { type: "a.runner", values: { pullPolicy: "NEVER" } }
    )
    const { task } = withDefaults({ type: "a.Task", taskRunner: { type: "a.runner.Docker" } }, [], defaults)
    assert.deepStrictEqual(task, {
      type: "a.Task",
      image: "i",
      taskRunner: { type: "a.runner.Docker", pullPolicy: "NEVER" }
    })
  })

  it("tells what is wrong in the list, and reads the old name too", () => {
    assert.strictEqual(readDefaults({ taskDefaults: [{ type: "a", values: {} }] }).defaults.length, 1)
    assert.deepStrictEqual(
      readDefaults({ pluginDefaults: [{ values: {} }, { type: "a", forced: "yes", vals: 1, values: [] }] }).issues.map(
        ({ message }) => message
      ),
      [
        "pluginDefaults[0]: expected type, a text, and values",
        "unknown key 'vals'; known here: type, forced, values",
        "forced: expected true or false",
        "values: expected keys and values"
      ]
    )
  })
})
