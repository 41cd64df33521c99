import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { vi } from "vitest"
import { podwright } from "../src/cli.ts"

const run = Command.runWith(podwright, { version: "0.0.0" })

/** A file of this text, in a folder that goes with the test. */
const taskFile = Effect.fnUntraced(function* (text: string) {
  const fs = yield* FileSystem.FileSystem
  const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "podwright-cli-" }), "task.yaml")
  yield* fs.writeFileString(file, text)
  return file
})

/** What a person sees, without the terminal's colours. */
const printed = Effect.map(TestConsole.logLines, (lines) =>
  lines.join("\n").replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "")
)

describe("podwright", () => {
  it.effect("explains itself", () =>
    Effect.gen(function* () {
      yield* run(["run", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains how it renders", () =>
    Effect.gen(function* () {
      yield* run(["render", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains its cluster, and what it does not do", () =>
    Effect.gen(function* () {
      yield* run(["cluster", "start", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains how it examines a cluster and what it needs there", () =>
    Effect.gen(function* () {
      yield* run(["doctor", "--help"])
      yield* run(["rbac", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains what it lists", () =>
    Effect.gen(function* () {
      yield* run(["ps", "--help"])
      yield* run(["logs", "--help"])
      yield* run(["attach", "--help"])
      yield* run(["exec", "--help"])
      yield* run(["cancel", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains what it cleans", () =>
    Effect.gen(function* () {
      yield* run(["clean", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("explains what its schemas are for", () =>
    Effect.gen(function* () {
      yield* run(["schema", "--help"])
      expect(yield* printed).toMatchSnapshot()
    }).pipe(Effect.provide(NodeServices.layer))
  )

  for (const [args, title] of [
    [["schema", "task"], '"title": "Podwright task file"'],
    [["schema", "flow"], '"title": "Podwright flow file"'],
    [["schema"], '"title": "Podwright task or flow file"'],
    [["schema", "-o", "markdown"], "# Reference of task and flow files"]
  ] as const)
    it.live(`${args.join(" ")} prints ${title}`, () =>
      Effect.gen(function* () {
        const said: Array<string> = []
        const write = vi.spyOn(process.stdout, "write").mockImplementation((text: unknown, done?: unknown) => {
          said.push(String(text))
          if (typeof done === "function") done(null)
          return true
        })
        yield* run(args).pipe(Effect.ensuring(Effect.sync(() => write.mockRestore())))
        assert.include(said.join(""), title)
      }).pipe(Effect.provide(NodeServices.layer))
    )

  const wrong: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["a schema of nothing there is", ["schema", "pod"]],
    ["an unknown flag", ["run", "task.yaml", "--ouput-dir", "x"]],
    ["an unknown form", ["run", "task.yaml", "--output", "xml"]],
    ["a missing file", ["run"]],
    ["an unknown command", ["rnu", "task.yaml"]],
    ["a namespace that cannot be one", ["rbac", "--namespace", "Team_1"]],
    ["a service account that cannot be one", ["rbac", "--service-account", "a:b:c"]],
    ["text that is not an age", ["clean", "--older-than", "1 hour"]],
    ["an age below zero", ["clean", "--older-than", "PT-1H"]],
    ["a user without a name", ["rbac", "--user", ""]]
  ]
  for (const [what, args] of wrong) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* run(args).pipe(Effect.flip)
        assert.strictEqual(error._tag, "ShowHelp")
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  const marker = "sEcReT7mArKeR"
  const token = `eyJhbGciOiJSUzI1NiJ9.${marker}.c2ln`
  for (const flags of [
    ["--input", marker],
    ["--input", `a=${marker}`],
    ["--log-cursor", marker],
    ["--kubeconfig", `token: ${marker}\n`],
    ["--kubeconfig", token],
    ["--output-dir", token],
    ["--cache-dir", token]
  ])
    it.live(`does not repeat what ${flags.join(" ").slice(0, 18)} gives`, () =>
      Effect.gen(function* () {
        const file = yield* taskFile("image: busybox\ncommands: [c]\ninputs: [{ id: a, type: INT, defaults: 1 }]\n")
        const said: Array<string> = []
        const write = vi.spyOn(process.stderr, "write").mockImplementation((text: unknown, done?: unknown) => {
          said.push(String(text))
          if (typeof done === "function") done(null)
          return true
        })
        yield* run(["run", file, ...flags]).pipe(Effect.flip, Effect.ensuring(Effect.sync(() => write.mockRestore())))
        assert.notStrictEqual(said.join(""), "")
        assert.notInclude(said.join(""), marker)
      }).pipe(Effect.provide(NodeServices.layer))
    )

  it.live("ends with code 2 on a connection whose material is wrong, and needs no kubeconfig to know", () =>
    Effect.gen(function* () {
      const config = "{ inherit: false, caCertFile: ca.pem }"
      const file = yield* taskFile(`image: busybox\ncommands: [c]\nrunner:\n  config: ${config}\n`)
      const error = yield* run(["run", file, "--kubeconfig", `${file}.none`]).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "CommandExit", code: 2 })
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("ends with code 2 on a file that is wrong, before it looks for a cluster", () =>
    Effect.gen(function* () {
      const file = yield* taskFile("image: busybox\ncomands: [echo]\n")
      const error = yield* run(["run", file, "--kubeconfig", "/nowhere"]).pipe(Effect.flip)
      assert.strictEqual(error._tag, "CommandExit")
      if (error._tag === "CommandExit") assert.strictEqual(error.code, 2)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  const unrendered: ReadonlyArray<readonly [string, string]> = [
    ["a file that is wrong", "image: busybox\ncomands: [echo]\n"],
    ["a file that asks for another version", "image: busybox\nrunner: { version: '999' }\n"],
    [
      "a runner property that breaks the protocol",
      "image: busybox\ncommands: [echo]\nrunner: { containerSpec: { command: [x] } }\n"
    ],
    ["an input that is missing", "image: busybox\ninputs: [{ id: a, type: STRING }]\ncommands: [echo]\n"]
  ]
  for (const [what, text] of unrendered) {
    it.live(`render ends with code 2 on ${what}`, () =>
      Effect.gen(function* () {
        const file = yield* taskFile(text)
        const error = yield* run(["render", file]).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "CommandExit", code: 2 })
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it.live("renders tasks that take the files of earlier ones", () =>
    Effect.gen(function* () {
      const file = yield* taskFile(`id: two
namespace: demo
tasks:
  - { id: a, type: io.kestra.plugin.scripts.shell.Commands, containerImage: busybox, commands: [x], outputFiles: [o.txt] }
  - id: b
    type: io.kestra.plugin.scripts.shell.Commands
    containerImage: busybox
    inputFiles: { i.txt: "{{ outputs.a.outputFiles['o.txt'] }}" }
    commands: [cat i.txt]
`)
      yield* run(["render", file])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("ends with code 125 when there is no cluster to run on", () =>
    Effect.gen(function* () {
      const file = yield* taskFile("image: busybox\ncommands: [echo]\n")
      const error = yield* run(["run", file, "--kubeconfig", "/nowhere"]).pipe(Effect.flip)
      assert.strictEqual(error._tag, "CommandExit")
      if (error._tag === "CommandExit") assert.strictEqual(error.code, 125)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>, number]> = [
    ["--local beside a kubeconfig", ["run", "task.yaml", "--local", "--kubeconfig", "x"], 2],
    ["--local beside a context", ["run", "task.yaml", "--local", "--context", "x"], 2],
    ["a Role for two", ["rbac", "--user", "u", "--service-account", "s"], 2],
    ["cleaning without a cluster", ["clean", "--kubeconfig", "/nowhere"], 125],
    ["cleaning one namespace and all", ["clean", "-A", "--namespace", "n", "--kubeconfig", "/nowhere"], 2],
    ["an examination without a cluster", ["doctor", "--kubeconfig", "/nowhere"], 125],
    ["a cluster on an address that others reach", ["cluster", "start", "--address", "0.0.0.0"], 2],
    [
      "a cluster whose kubeconfig would overwrite a file",
      ["cluster", "start", "--kubeconfig", import.meta.filename],
      2
    ],
    [
      "a cluster whose kubeconfig is to be a kubeconfig",
      ["cluster", "start", "--kubeconfig", "users:\n- token: s3cret"],
      2
    ],
    ["a cluster on a port it may not have", ["cluster", "start", "--port", "99999"], 2]
  ]
  for (const [what, args, code] of refused) {
    it.live(`ends with code ${code} on ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* run(args).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "CommandExit", code })
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }
})
