import { assert, describe, it } from "@effect/vitest"
import { MAXIMUM_ARGUMENT_BYTES } from "../../src/task/ContainerCommand.ts"
import { fragmentIssues, processIssues, sizeIssues } from "../../src/task/ProcessIssues.ts"
import type { TaskValues } from "../../src/task/TaskValues.ts"
import type { JsonObject } from "../../src/values/Json.ts"
import { commands, entrypoint, failure, task } from "../fixtures.ts"

const found = (changes: Partial<TaskValues>) =>
  processIssues(task(changes)).map(({ message, path }) => [path, message.replace(/,.*/s, "")])

describe("processIssues", () => {
  const longest = MAXIMUM_ARGUMENT_BYTES - "A=".length
  const rows: ReadonlyArray<readonly [string, Partial<TaskValues>, ReadonlyArray<unknown>]> = [
    ["nothing of what a process takes", { env: { "a.b": "\n\u0001é", A: "x".repeat(longest) } }, []],
    [
      "a NUL byte in commands, at its place",
      { command: commands("a", "b\nc\0") },
      [[["commands", 1], "there is a NUL byte in line 2"]]
    ],
    [
      "a NUL byte in beforeCommands and in the interpreter",
      { command: { ...commands("a"), beforeCommands: ["\0"], interpreter: ["sh", "\0"] } },
      [
        [["interpreter", 1], "there is a NUL byte in line 1"],
        [["beforeCommands", 0], "there is a NUL byte in line 1"]
      ]
    ],
    ["a NUL byte in the image", { image: "a\0" }, [[["image"], "there is a NUL byte in line 1"]]],
    ["a NUL byte in a variable", { env: { A: "\0" } }, [[["env", "A"], "there is a NUL byte in line 1"]]],
    [
      "a NUL byte in a variable's name",
      { env: { "A\0": "" } },
      [[["env", "A\0"], "there is a NUL byte in the variable's name; remove it"]]
    ],
    [
      "a variable that is a byte too long, with its name",
      { env: { A: "x".repeat(longest + 1) } },
      [
        [
          ["env", "A"],
          "the variable is 131072 bytes with its name and Linux takes 131071; deliver the value as an input file"
        ]
      ]
    ],
    [
      "a variable that is too long in bytes, not in letters",
      { env: { A: "é".repeat(longest / 2 + 1) } },
      [
        [
          ["env", "A"],
          "the variable is 131072 bytes with its name and Linux takes 131071; deliver the value as an input file"
        ]
      ]
    ]
  ]
  it.each(rows)("finds %s", (_, changes, issues) => {
    assert.deepStrictEqual(found(changes), issues)
  })
  it("looks at the environment of an entrypoint too", () => {
    assert.lengthOf(processIssues(entrypoint({ env: { A: "\0" } })), 1)
  })
})

describe("fragmentIssues", () => {
  const rows: ReadonlyArray<readonly [JsonObject, ReadonlyArray<ReadonlyArray<string | number>>]> = [
    [{ env: [{ name: "A", value: "x" }] }, []],
    [{ env: [{ name: "A" }, { name: "B", value: "\0" }] }, [["containerSpec", "env", 1]]],
    [{ env: [{ name: "A", value: "x".repeat(131_070) }] }, [["containerSpec", "env", 0]]],
    [{ args: ["a", "b\0"] }, [["containerSpec", "args", 1]]],
    [{ args: ["x".repeat(131_070)] }, []]
  ]
  it.each(rows)("%#", (fragment, paths) => {
    const found = fragmentIssues(fragment, ["containerSpec"])
    assert.deepStrictEqual<ReadonlyArray<unknown>>(
      found.map(({ path }) => path),
      paths
    )
  })
})

describe("sizeIssues", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, ""]))
  it("counts a pointer for every text, as the kernel does", () => {
    assert.lengthOf(sizeIssues([], many(100_000), {}), 0)
    assert.deepStrictEqual(
      sizeIssues(["sh"], many(150_000), {}).map(({ path }) => path),
      [["env"]]
    )
    assert.deepStrictEqual(
      sizeIssues(Object.keys(many(150_000)), { A: "" }, {}).map(({ path }) => path),
      [["commands"]]
    )
  })
  it("names a pod that no cluster stores", () => {
    const message =
      "the task's pod is at least 1572865 bytes and a cluster stores no more than 1572864; deliver the largest values as input files"
    assert.lengthOf(sizeIssues([], {}, { a: ["x".repeat(1_572_864)] }), 0)
    assert.deepStrictEqual(
      sizeIssues([], {}, { a: ["x".repeat(1_572_865)] }).map((issue) => issue.message),
      [message]
    )
  })
})

describe("buildPod", () => {
  const big = "x".repeat(130_000)
  it.each([
    ["a task's variable", task({ env: { A: "\0" } }), {}, "env.A: there is a NUL byte"],
    ["a fragment", task(), { podSpec: { hostname: "a\0" } }, "podSpec.hostname: there is a NUL byte"],
    [
      "a task too large to store",
      task({ env: Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`V${index}`, big])) }),
      {},
      "env: the task's pod is at least"
    ]
  ] as const)("refuses %s", (_, values, runner, message) => {
    assert.include(failure(values, runner).message, message)
  })
})
