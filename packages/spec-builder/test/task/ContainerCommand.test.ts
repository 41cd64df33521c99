import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  droppedVariables,
  gateShell,
  literal,
  MAXIMUM_ARGUMENT_BYTES,
  taskCommand
} from "../../src/task/ContainerCommand.ts"
import { commands } from "../fixtures.ts"

/**
 * What the kubelet makes of text (k8s.io/kubernetes third_party/forked/golang/expansion, with bytes
 * as it has them).
 */
const expand = (text: string, variables: Readonly<Record<string, string>>): string => {
  const input = Buffer.from(text, "utf8")
  const output: Array<Buffer> = []
  let checkpoint = 0
  for (let cursor = 0; cursor < input.length; cursor++) {
    if (input[cursor] !== 0x24 || cursor + 1 >= input.length) continue
    output.push(input.subarray(checkpoint, cursor))
    const next = input[cursor + 1] ?? 0
    let advance = 1
    if (next === 0x24) output.push(Buffer.from("$"))
    else if (next === 0x28) {
      const closer = input.indexOf(0x29, cursor + 2)
      if (closer < 0) output.push(Buffer.from("$("))
      else {
        const name = input.subarray(cursor + 2, closer).toString()
        output.push(Buffer.from(variables[name] ?? `$(${name})`))
        advance = closer - cursor
      }
    } else output.push(Buffer.from(`$${String.fromCodePoint(next)}`))
    cursor += advance
    checkpoint = cursor + 1
  }
  return Buffer.concat([...output, input.subarray(checkpoint)]).toString("utf8")
}

describe("literal", () => {
  it("survives the kubelet's expansion, for every short text of awkward characters", () => {
    const characters = ["$", "(", ")", "A", "é", "{"]
    for (let seed = 0; seed < 6 ** 6; seed++) {
      let rest = seed
      const text = Array.from({ length: 6 }, () => {
        const one = characters[rest % 6]
        rest = Math.floor(rest / 6)
        return one
      }).join("")
      assert.strictEqual(expand(literal(text), { A: "expanded", "": "empty" }), text)
    }
  })
  it("leaves plain shell variables readable", () => {
    assert.strictEqual(literal('echo "$HOME" $1 $'), 'echo "$HOME" $1 $')
  })
})

describe("taskCommand", () => {
  it("joins beforeCommands and commands behind set -e", () => {
    const command = { ...commands("a", "b"), beforeCommands: ["x"] }
    assert.deepStrictEqual(taskCommand(command), Result.succeed(["/bin/sh", "-c", "set -e\nx\na\nb"]))
  })
  it("ends lines as the system does that they are for", () => {
    assert.deepStrictEqual(
      taskCommand({ ...commands("a", "b"), interpreter: ["cmd", "/c"], targetOS: "WINDOWS" }),
      Result.succeed(["cmd", "/c", "a\r\nb"])
    )
    assert.deepStrictEqual(
      taskCommand({ ...commands("a", "b"), targetOS: "LINUX" }),
      Result.succeed(["/bin/sh", "-c", "set -e\na\nb"])
    )
  })
  it("has no set -e when it does not fail fast, or for an interpreter that is no shell", () => {
    assert.deepStrictEqual(taskCommand({ ...commands("a"), failFast: false }), Result.succeed(["/bin/sh", "-c", "a"]))
    assert.deepStrictEqual(
      taskCommand({ ...commands("print(1)"), interpreter: ["python3", "-c"] }),
      Result.succeed(["python3", "-c", "print(1)"])
    )
    assert.deepStrictEqual(
      taskCommand({ ...commands("a"), interpreter: ["/usr/bin/env", "bash", "-c"] }),
      Result.succeed(["/usr/bin/env", "bash", "-c", "set -e\na"])
    )
  })
  it("is the argv itself without an interpreter", () => {
    const command = { ...commands("ls", "-l"), interpreter: [] }
    assert.deepStrictEqual(taskCommand(command), Result.succeed(["ls", "-l"]))
  })
  it("refuses nothing to run, and beforeCommands without an interpreter", () => {
    assert.isTrue(Result.isFailure(taskCommand(commands())))
    assert.isTrue(Result.isFailure(taskCommand({ ...commands("ls"), interpreter: [], beforeCommands: ["x"] })))
  })
  it("refuses a script longer than one argument may be, counted in bytes", () => {
    const room = MAXIMUM_ARGUMENT_BYTES - "set -e\n".length
    assert.isTrue(Result.isSuccess(taskCommand(commands("x".repeat(room)))))
    assert.isTrue(Result.isFailure(taskCommand(commands("x".repeat(room + 1)))))
    assert.isTrue(Result.isFailure(taskCommand(commands("é".repeat(room / 2 + 1)))))
  })
})

describe("droppedVariables", () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>, ReadonlyArray<string>]> = [
    [[], ["A", "_b1"], []],
    [[], ["A", "a.b", "my-var", "1st"], ["env", "--", "a.b=$(a.b)", "my-var=$(my-var)", "1st=$(1st)"]],
    [["python3", "-c"], ["a.b"], ["env", "--", "a.b=$(a.b)"]],
    [["/bin/sh", "-c"], ["a.b"], []],
    [["bash", "-c"], ["a.b"], []],
    [[], ["-u", "a$(A)", "b(x)"], ["env", "--", "-u=$(-u)"]],
    [[], ["a$"], ["env", "--", "a$=$(a$)"]],
    [[], ["$$x"], ["env", "--", "$$$x=$($$x)"]]
  ]
  it.each(cases)("%#", (interpreter, names, words) => {
    assert.deepStrictEqual(droppedVariables(interpreter, names), words)
  })
  it("comes out of the kubelet's expansion as name and value", () => {
    for (const [name, value] of [
      ["a.b", "z $(A) $$"],
      ["-u", ""],
      ["a$", "é"],
      ["$$x", "1"]
    ] as const) {
      const word = droppedVariables([], [name])[2] ?? ""
      assert.strictEqual(expand(word, { [name]: value }), `${name}=${value}`)
    }
  })
})

describe("gateShell", () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["/bin/sh", "-c"], "/bin/sh"],
    [["/busybox/sh", "-c"], "/busybox/sh"],
    [["bash", "-c"], "bash"],
    [["zsh", "-c"], "/bin/sh"],
    [["python3", "-c"], "/bin/sh"],
    [[], "/bin/sh"]
  ]
  for (const [interpreter, shell] of cases) {
    it(`${JSON.stringify(interpreter)} is gated by ${shell}`, () => {
      assert.strictEqual(gateShell(interpreter), shell)
    })
  }
})
