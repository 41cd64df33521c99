import { assert, describe, it } from "@effect/vitest"
import { renderedOutputs } from "../../../src/commands/render/RenderedOutputs.ts"

describe("renderedOutputs", () => {
  it("stands in for the files a task names and the values that others refer to", () => {
    const tasks = [
      { commands: ["{{ outputs.a.vars.x }} {{outputs['a'].vars['two words']}}", '{{ outputs["a"].vars.y | upper }}'] },
      { env: { A: "{{ outputs.b.vars.z }} outputs.a.outputFiles.vars" } }
    ]
    assert.deepStrictEqual(renderedOutputs("a", ["o.txt"], tasks), {
      exitCode: 0,
      vars: {
        x: "<outputs.a.vars.x>",
        "two words": "<outputs.a.vars.two words>",
        y: "<outputs.a.vars.y>"
      },
      outputFiles: { "o.txt": "file:///rendered/a/o.txt" }
    })
  })
})
