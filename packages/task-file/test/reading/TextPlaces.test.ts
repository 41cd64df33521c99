import { assert, describe, it } from "@effect/vitest"
import { isTextPlace } from "../../src/reading/TextPlaces.ts"

const inputs = [{ type: "STRING" }, { type: "INT" }, { type: "SELECT" }]
const places: ReadonlyArray<readonly [form: "flow" | "task", path: ReadonlyArray<string | number>, boolean]> = [
  ["flow", ["labels", "a"], true],
  ["flow", ["labels", "a", "b"], false],
  ["flow", ["variables", "a"], false],
  ["flow", ["inputs", 0, "defaults"], true],
  ["flow", ["inputs", 1, "defaults"], false],
  ["flow", ["inputs", 2, "defaults"], true],
  ["flow", ["inputs", 2, "values", 0], true],
  ["flow", ["inputs", 0, "required"], false],
  ["flow", ["tasks", 0, "env", "A"], true],
  ["flow", ["tasks", 0, "failFast"], false],
  ["flow", ["tasks", 0, "taskRunner", "labels", "a"], true],
  ["flow", ["tasks", 0, "taskRunner", "delete"], false],
  ["flow", ["tasks", 0, "tasks", 1, "taskRunner", "config", "password"], true],
  ["flow", ["errors", 0, "env", "A"], true],
  ["flow", ["pluginDefaults", 0, "values", "env", "A"], true],
  ["flow", ["pluginDefaults", 0, "values", "labels", "a"], true],
  ["flow", ["pluginDefaults", 0, "values", "taskRunner", "nodeSelector", "a"], true],
  ["flow", ["pluginDefaults", 0, "forced"], false],
  ["flow", ["env", "A"], false],
  ["task", ["env", "A"], true],
  ["task", ["runner", "labels", "a"], true],
  ["task", ["runner", "podSpec", "labels", "a"], false],
  ["task", ["inputs", 0, "defaults"], true]
]

describe("isTextPlace", () => {
  for (const [form, path, expected] of places)
    it(`says ${expected} of ${path.join(".")} of a ${form}`, () =>
      assert.strictEqual(isTextPlace(path, form === "flow" ? { tasks: [], inputs } : { inputs }), expected))
})
