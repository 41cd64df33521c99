import { assert, describe, it } from "@effect/vitest"
import { renderedOutputs } from "../../../src/commands/render/RenderedOutputs.ts"

describe("renderedOutputs", () => {
  it("stands in for the files a task names and the values that others refer to", () => {
    const tasks = [
      { commands: ["{{ outputs.a.vars.x }} {{outputs['a'].vars['two words']}}", '{{ outputs["a"].vars.y | upper }}'] },
      { env: { A: "{{ outputs.b.vars.z }} outputs.a.outputFiles.vars" } }
    ]
    assert.deepStrictEqual(renderedOutputs({ taskId: "a", files: ["o.txt"], anyFile: false }, tasks), {
      exitCode: 0,
      vars: {
        x: "<outputs.a.vars.x>",
        "two words": "<outputs.a.vars.two words>",
        y: "<outputs.a.vars.y>"
      },
      outputFiles: { "o.txt": "file:///rendered/a/o.txt" }
    })
  })

  const tasks = [
    { inputFiles: { x: "{{ outputs.a.outputFiles['parts/1.csv'] }}", y: "{{ outputs.b.outputFiles.z }}" } }
  ]
  it.each([
    ["a file that a pattern may match", ["parts/*.csv"], false, ["parts/1.csv"]],
    ["a file of a folder that is named", ["parts/"], false, ["parts/", "parts/1.csv"]],
    ["any file of a whole folder", [], true, ["parts/1.csv"]],
    ["no file that is not named", ["parts.csv"], false, ["parts.csv"]]
  ])("stands in for %s", (_name, files, anyFile, expected) => {
    assert.deepStrictEqual(Object.keys(renderedOutputs({ taskId: "a", files, anyFile }, tasks).outputFiles), expected)
  })
})
