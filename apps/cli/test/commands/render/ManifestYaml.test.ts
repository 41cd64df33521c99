import { assert, describe, it } from "@effect/vitest"
import { decodeRunnerProperties, explainPod, type Json, type TaskValues } from "@podwright/spec-builder"
import { Result, Schema } from "effect"
import { isMap, isScalar, parse, parseDocument, type Scalar } from "yaml"
import { manifestYaml } from "../../../src/commands/render/ManifestYaml.ts"

const task: TaskValues = {
  identity: { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 },
  image: "busybox",
  command: { _tag: "Commands", interpreter: ["/bin/sh", "-c"], beforeCommands: [], commands: ["true"], failFast: true },
  env: {},
  hasInputs: false,
  wantsOutputs: false
}

const explained = (properties: unknown, values: Partial<TaskValues> = {}) =>
  Result.getOrThrow(explainPod({ ...task, ...values }, Result.getOrThrow(decodeRunnerProperties(properties))))

/** Texts that one version of YAML or another takes for something that is no text. */
const misread = [
  ..."y n yes No ON off true False null ~ .nan .inf -.inf 0 007 0o7 0x1F 1_000 1e3 E0 e12 .5 -1 +1 12:30:00 2001-01-01 = <<".split(
    " "
  ),
  ..."- ? : , # & * ! | > ' \" % @ ` [] {}".split(" "),
  "",
  " lead",
  "trail ",
  "a: b",
  "a #b",
  "a\tb",
  "line\nline\n",
  "line\n\n\n",
  "\nline",
  "  indented\nline",
  "space \nat an end",
  "carriage\r\nreturn",
  "next\u0085line\nx",
  "separators\u2028\u2029\nx",
  "\ufeffmark",
  "bell\u0007\nx",
  "😀\nsmile",
  "--- \n--- x\n..."
]

describe("manifestYaml", () => {
  for (const text of misread) {
    it(`quotes ${JSON.stringify(text)} so that every reader has it back, as a value and as a key`, () => {
      const pod = explained({ podSpec: { nodeSelector: { [`k${text}`]: text, [text]: "v" } } }, { env: { X: text } })
      for (const version of ["1.1", "1.2"] as const) {
        for (const explain of [false, true]) {
          const read: Json = parse(manifestYaml("t", pod, explain), { version })
          assert.deepStrictEqual<unknown>(read, pod.plan.manifest)
        }
      }
    })
  }

  it.prop("any text comes back, by either version of YAML", [Schema.Array(Schema.String)], ([drawn]) => {
    // A text with a NUL byte is refused before there is a manifest.
    const texts = drawn.map((text) => text.replaceAll("\0", ""))
    const pod = explained({ podSpec: { nodeSelector: { all: texts } } })
    for (const version of ["1.1", "1.2"] as const) {
      assert.deepStrictEqual<unknown>(parse(manifestYaml("t", pod, true), { version }), pod.plan.manifest)
    }
  })

  it("tells the shape and why on top", () => {
    const [first, second] = manifestYaml("t", explained({}), false).split("\n")
    assert.strictEqual(first, '# task "t": shape gate, logs volume')
    assert.match(second ?? "", /^# the task runs commands, so a gate in main/)
  })

  it("explains every value", () => {
    const text = manifestYaml(
      "t",
      explained({ containerSpec: { tty: true }, podSpec: { containers: [{ name: "main", tty: false }] } }),
      true
    )
    assert.match(text, /tty: true # containerSpec, over false of podSpec\.containers\[0\]\n/)
    const bare: Array<string> = []
    const look = (node: unknown, path: string): void => {
      if (isScalar(node)) {
        if (!(node as Scalar).comment) bare.push(path)
      } else if (isMap(node)) for (const { key, value } of node.items) look(value, `${path}.${String(key)}`)
    }
    look(parseDocument(text).contents, "")
    assert.deepStrictEqual(bare, [])
    assert.notMatch(manifestYaml("t", explained({}), false), /# podwright's/)
  })

  it("writes scripts as blocks, so that a person can read them", () => {
    assert.match(manifestYaml("t", explained({}), false), /- \|-\n +pw_root=/)
  })
})
