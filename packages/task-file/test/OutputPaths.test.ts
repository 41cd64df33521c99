import { assert, describe, it } from "@effect/vitest"
import { outputPaths } from "../src/OutputPaths.ts"

describe("outputPaths", () => {
  it.each([
    ["a name", ["a/b.txt"], { "a/b.txt": "/podwright/work/a/b.txt" }, {}],
    ["a folder and all in it", ["d/**"], {}, { d: "/podwright/work/d" }],
    ["no pattern", ["*.txt", "a?", "regex:x", "*/d/**"], {}, {}],
    ["no name that an expression gives", ["{{ inputs.name }}"], {}, {}],
    ["no absolute name", ["/podwright/work/x"], {}, {}]
  ])("knows the path of %s", (_name, written, outputFiles, outputDirs) => {
    assert.deepStrictEqual(outputPaths(written), { outputFiles, outputDirs })
  })
})
