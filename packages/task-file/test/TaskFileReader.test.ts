import { readFileSync } from "node:fs"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Result } from "effect"
import { loadTaskFile, parseTaskFile } from "../src/TaskFileReader.ts"

const EXAMPLES = join(import.meta.dirname, "../../../examples")
const example = (name: string) => readFileSync(join(EXAMPLES, name), "utf8")

const parse = (source: string) => parseTaskFile(source, { fileName: "flow.yaml", directory: "/work" })
const parsed = (source: string) => Result.getOrThrow(parse(source))
const problems = (source: string): ReadonlyArray<string> => {
  const result = parse(source)
  return Result.isFailure(result) ? result.failure.issues.map(String) : []
}

describe("parseTaskFile", () => {
  it("reads reference flow 1", () => {
    const file = parsed(example("hello.yaml"))
    assert.strictEqual(file.id, "new-shell")
    assert.strictEqual(file.namespace, "company.team")
    assert.deepStrictEqual(
      file.tasks.map(({ commands, failFast, id, image, runner }) => ({ commands, failFast, id, image, runner })),
      [{ id: "shell", image: "ubuntu", commands: ['echo "Hello World"'], failFast: true, runner: {} }]
    )
  })

  it.each([
    ["", "LINUX"],
    ["targetOS: AUTO", "LINUX"],
    ["targetOS: LINUX", "LINUX"],
    ["targetOS: WINDOWS", "WINDOWS"]
  ])("takes '%s' for %s", (line, expected) => {
    const file = parsed(`image: busybox\ncommands: ["true"]\n${line}\n`)
    assert.strictEqual(file.tasks[0]?.targetOS, expected)
  })

  it("reads reference flow 2", () => {
    const file = parsed(example("hello-with-file.yaml"))
    assert.deepStrictEqual(
      file.inputs.map(({ id, required, type }) => ({ id, required, type })),
      [{ id: "file", type: "FILE", required: true }]
    )
    const [task] = file.tasks
    assert.strictEqual(task?.image, "centos")
    assert.deepStrictEqual(task?.inputFiles, { "data.txt": "{{ inputs.file }}" })
    assert.deepStrictEqual(task?.outputFiles, ["out.txt"])
  })

  it("reads the native form, named after its file", () => {
    const file = parsed(
      "image: busybox\ncommands: [echo]\nrunner: { delete: false }\ninputFiles:\n  a: text\n  b: { path: b.txt }\n  c: null\n"
    )
    assert.strictEqual(file.id, "flow")
    const [task] = file.tasks
    assert.deepStrictEqual(task?.runner, { delete: false })
    assert.deepStrictEqual(task?.inputFiles, { a: "text", b: { path: "b.txt" } })
  })

  it("reads retry and taskCache, and gives the flow's retry to tasks without one", () => {
    const shell = "type: io.kestra.plugin.scripts.shell.Commands, commands: [c]"
    const { tasks } = parsed(
      `id: f\nnamespace: n\nretry: { type: constant, interval: PT1S }\ntasks:\n  - { id: a, ${shell} }\n  - { id: b, ${shell}, retry: { type: random, minInterval: 1s, maxInterval: 2s }, taskCache: { enabled: true } }\n  - { id: c, ${shell}, retry: , taskCache: }\n`
    )
    assert.deepStrictEqual(
      tasks.map(({ retry, taskCache }) => [retry?.type, taskCache?.enabled]),
      [
        ["constant", undefined],
        ["random", true],
        ["constant", undefined]
      ]
    )
    assert.deepStrictEqual(
      parsed("image: i\nretry: { type: constant, interval: 1s, maxAttempt: 2 }\n").tasks[0]?.retry?.maxAttempts,
      2
    )
  })

  it("tells what is wrong with retry and taskCache where it stands", () => {
    assert.deepStrictEqual(
      problems(
        "image: i\nretry:\n  type: constant\n  interval: PT2M\n  maxDuration: PT1M\ntaskCache:\n  enable: true\n  ttl: PT0S\n"
      ),
      [
        "flow.yaml:4:13: interval: expected less than maxDuration",
        "flow.yaml:7:3: enable: unknown property 'enable'; did you mean 'enabled'?",
        "flow.yaml:7:3: enabled: Missing key",
        "flow.yaml:8:8: ttl: expected a duration longer than zero"
      ]
    )
    assert.deepStrictEqual(problems("image: i\nretry: { type: linear }\n"), [
      "flow.yaml:2:16: type: expected one of constant, random, exponential, not 'linear'"
    ])
    const flow = "id: f\nnamespace: n\nretry: { type: random, minInterval: 9s, maxInterval: 1s }\ntasks:\n"
    assert.deepStrictEqual(
      problems(`${flow}  - { id: a, type: io.kestra.plugin.scripts.shell.Commands, commands: [c] }\n`),
      ["flow.yaml:3:37: minInterval: expected less than maxInterval"]
    )
  })

  it("takes another default image", () => {
    const file = Result.getOrThrow(
      parseTaskFile(example("hello.yaml"), { fileName: "f", directory: "/", defaultImage: "debian:12" })
    )
    assert.strictEqual(file.tasks[0]?.image, "debian:12")
  })

  it("keeps numbers and booleans of the environment as they are written", () => {
    const file = parsed(
      "image: i\ncommands: [c]\nenv: { A: 1.50, B: true, C: yes, D: 0x10, E: '07', F: 010, G: 1e3, H: True, I: 9007199254740993 }\n"
    )
    const [A, B, C, D, E, F, G, H, I] = ["1.50", "true", "yes", "0x10", "07", "010", "1e3", "True", "9007199254740993"]
    assert.deepStrictEqual(file.tasks[0]?.env, { A, B, C, D, E, F, G, H, I })
  })

  const texts = "{ a: 1.50, b: 0x1F, c: 1e3, d: 010, e: 9007199254740993, f: True, g: 2.0, 1.50: 7 }"
  const asWritten = {
    a: "1.50",
    b: "0x1F",
    c: "1e3",
    d: "010",
    e: "9007199254740993",
    f: "True",
    g: "2.0",
    "1.50": "7"
  }

  it("keeps what is meant as a text as it is written, also where an alias or a merge brings it", () => {
    const properties = `labels: *texts, nodeSelector: { <<: *texts }, config: { password: 1e3, username: 007 }`
    const source = `id: f\nnamespace: n\nlabels: &texts ${texts}\ntasks:\n  - id: a\n    type: io.kestra.plugin.scripts.shell.Commands\n    commands: [c]\n    env: { <<: *texts, z: 1.0 }\n    taskRunner: { type: podwright, ${properties} }\n`
    const [task] = parsed(source).tasks
    assert.deepStrictEqual(task?.runner["labels"], asWritten)
    assert.deepStrictEqual(task?.runner["nodeSelector"], asWritten)
    assert.deepStrictEqual(task?.runner["config"], { password: "1e3", username: "007" })
    assert.deepStrictEqual(task?.env, { ...asWritten, z: "1.0" })
    const defaults = `pluginDefaults: [{ type: io.kestra, values: { env: { y: 010 }, taskRunner: { labels: ${texts} } } }]`
    const [defaulted] = parsed(source.replace("labels: *texts, ", "").replace("tasks:", `${defaults}\ntasks:`)).tasks
    assert.deepStrictEqual(defaulted?.runner["labels"], asWritten)
    assert.strictEqual(defaulted?.env["y"], "010")
    const [native] = parsed(`image: i\nrunner: { labels: ${texts} }\n`).tasks
    assert.deepStrictEqual(native?.runner["labels"], asWritten)
  })

  it("keeps the digits and the kind of numbers", () => {
    const numbers =
      "{ id: 9007199254740993, big: 123456789012345678901234567890, f: 2.0, l: [2.0, 2, 0x10, { f: 1e3 }] }"
    const text = '{"id":9007199254740993,"big":123456789012345678901234567890,"f":2.0,"l":[2.0,2,16,{"f":1000.0}]}'
    const file = parsed(
      `id: f\nnamespace: n\nvariables: ${numbers}\ntasks:\n  - id: a\n    type: io.kestra.plugin.scripts.shell.Commands\n    commands: [c]\n    taskRunner: { type: podwright, podSpec: ${numbers} }\n`
    )
    assert.strictEqual(JSON.stringify(file.variables), text)
    assert.strictEqual(JSON.stringify(file.tasks[0]?.runner["podSpec"]), text)
    assert.strictEqual(file.variables["id"], 9007199254740993n)
  })

  it("keeps names such as __proto__ as data", () => {
    const file = parsed("image: i\ncommands: [c]\nenv: { __proto__: x, constructor: y }\n")
    assert.deepStrictEqual(Object.entries(file.tasks[0]?.env ?? {}).sort(), [
      ["__proto__", "x"],
      ["constructor", "y"]
    ])
    assert.isUndefined(({} as { x?: unknown }).x)
  })

  const flow = (task: string) =>
    `id: f\nnamespace: n\ntasks:\n  - id: a\n    type: io.kestra.plugin.scripts.shell.Commands\n${task}    commands: [c]\n`

  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<RegExp>]> = [
    ["bad YAML", "id: f\ntasks: [\n", [/^flow\.yaml:[23]:\d+: /]],
    ["a key given twice", "image: i\nimage: j\ncommands: [c]\n", [/^flow\.yaml:2:1: .*unique/]],
    [
      "a task id that leads to another folder",
      flow("").replace(/- id: \S+/, "- id: ../up"),
      [/^flow\.yaml:4:9: id: expected letters, digits/]
    ],
    ["an empty file", "", [/^flow\.yaml:1:1: expected a task or a flow/]],
    ["a list", "- a\n", [/^flow\.yaml:1:1: expected a task or a flow/]],
    [
      "an octal number",
      "image: i\ncommands: [c]\nrunner:\n  podSpec: { mode: 0644 }\n",
      [/^flow\.yaml:4:20: 0644 .*0o644.*"0644"/]
    ],
    [
      "ambiguous numbers where a number is meant",
      "image: i\nenv: { A: 007 }\ninputs:\n  - { id: a, type: INT, defaults: 010 }\nrunner:\n  podSpec: { n: 0o644, list: [-010] }\n",
      [/^flow\.yaml:4:35: 010 .*0o10/, /^flow\.yaml:6:31: -010 .*-0o10/]
    ],
    ["an input without an id", "image: i\ninputs: [{ type: INT }]\n", [/^flow\.yaml:2:10: id: Missing key$/]],
    [
      "a number that JSON does not have",
      "id: f\nnamespace: n\nvariables: { a: 1, b: .inf }\ntasks:\n  - { id: a, type: io.kestra.plugin.scripts.shell.Commands, commands: [c] }\n",
      [/^flow\.yaml:3:23: b: /]
    ],
    [
      "a misspelt key of a task",
      flow("    containerImagee: x\n"),
      [/^flow\.yaml:6:5: unknown key 'containerImagee'; did you mean 'containerImage'\?$/]
    ],
    ["a misspelt key of a flow", `idd: x\n${flow("")}`, [/^flow\.yaml:1:1: unknown key 'idd'; did you mean 'id'\?$/]],
    [
      "an unknown key unlike any other",
      "image: i\ncommands: [c]\nzzzzzzzzz: 1\n",
      [/^flow\.yaml:3:1: unknown key 'zzzzzzzzz'; known here: id, /]
    ],
    [
      "a misspelt property of the runner",
      "image: i\ncommands: [c]\nrunner:\n  deleet: true\n",
      [/^flow\.yaml:4:3: deleet: .*did you mean 'delete'\?$/]
    ],
    [
      "a bad duration",
      "image: i\ncommands: [c]\nrunner:\n  waitUntilRunning: soon\n",
      [/^flow\.yaml:4:21: waitUntilRunning: expected a duration/]
    ],
    [
      "an unknown task type",
      flow("").replace("shell.Commands", "shell.Comands"),
      [/^flow\.yaml:5:11: unknown task type '.*'; did you mean 'io\.kestra\.plugin\.scripts\.shell\.Commands'\?$/]
    ],
    [
      "a task type unlike any other",
      flow("").replace("io.kestra.plugin.scripts.shell.Commands", "zzzzzzzzzzzzz"),
      [/^flow\.yaml:5:11: unknown task type 'zzzzzzzzzzzzz'; known are those of Kestra's script tasks/]
    ],
    [
      "an unknown runner type",
      flow("    taskRunner: { type: docker }\n"),
      [/^flow\.yaml:6:25: unknown task runner 'docker'; known: /]
    ],
    [
      "no commands in a flow",
      "id: f\nnamespace: n\ntasks:\n  - id: a\n    type: io.kestra.plugin.scripts.shell.Commands\n",
      [/^flow\.yaml:4:5: commands: Missing key/]
    ],
    [
      "a type that is no script task, of whose other keys nothing is said",
      "id: f\nnamespace: n\ntasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: x\n",
      [/^flow\.yaml:5:11: log\.Log runs nothing in a pod: leave it out, or write the line with echo/]
    ],
    ["an empty list", "image: i\ncommands: []\n", [/^flow\.yaml:2:11: commands\[0\]: Missing key/]],
    ["two documents", "image: i\n---\nimage: j\n", [/^flow\.yaml:2:1: another document begins here/]],
    ["a wrong type", "image: i\ncommands: echo\n", [/^flow\.yaml:2:11: commands: Expected/]],
    [
      "an input of unknown type",
      "image: i\ncommands: [c]\ninputs: [{ id: a, type: STRINGS }]\n",
      [/^flow\.yaml:3:25: type: Expected/]
    ],
    [
      "two inputs of one id",
      "image: i\ncommands: [c]\ninputs: [{ id: a, type: INT }, { id: a, type: INT }]\n",
      [/^flow\.yaml:3:38: id 'a' is used twice in inputs/]
    ],
    [
      "two things at once",
      "image: i\ncommandss: [c]\noutputFiles: x\n",
      [/:3:14: outputFiles/, /:2:1: unknown key 'commandss'; did you mean 'commands'\?/]
    ]
  ]
  for (const [name, source, expected] of cases) {
    it(`tells ${name} with its place`, () => {
      const found = problems(source)
      assert.strictEqual(found.length, expected.length, found.join("\n"))
      for (const pattern of expected)
        assert.isTrue(
          found.some((problem) => pattern.test(problem)),
          `${pattern} in ${found.join("\n")}`
        )
    })
  }

  it("leaves a property with an expression to its rendering", () => {
    assert.deepStrictEqual(
      problems('image: i\ncommands: [c]\nrunner: { waitUntilRunning: "{{ inputs.limit }}" }\n'),
      []
    )
  })

  it("does not let aliases blow up a document", () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n`
    assert.match(problems(bomb).join(), /alias/)
  })
})

describe("loadTaskFile", () => {
  it.effect("takes UTF-8 with or without its mark, and nothing else", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = join(yield* fs.makeTempDirectoryScoped(), "task.yaml")
      const load = (bytes: Uint8Array) => Effect.andThen(fs.writeFile(path, bytes), loadTaskFile({ path }))
      const text = "image: i\ncommands: [echo ä]\n"
      const file = yield* load(Buffer.from(`\ufeff${text}`))
      assert.deepStrictEqual(file.tasks[0]?.commands, ["echo ä"])
      for (const encoding of ["latin1", "utf16le"] as const) {
        const error = yield* load(Buffer.from(`\ufeff${text}`, encoding)).pipe(Effect.flip)
        assert.match(error.message, /task\.yaml:1:1: the file is not UTF-8/)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
  )

  it.effect("says when there is no such file", () =>
    Effect.gen(function* () {
      const error = yield* loadTaskFile({ path: "/nowhere/task.yaml" }).pipe(Effect.flip)
      assert.include(error.message, "/nowhere/task.yaml")
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("finds the files of the flow's namespace beside it, or where it is told, and no others", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const [path, beside, told] = [join(folder, "flow.yaml"), join(folder, "_files"), join(folder, "told")]
      const task = "{ id: a, type: io.kestra.plugin.scripts.shell.Commands, namespaceFiles: {}, commands: [c] }"
      yield* fs.writeFileString(path, `id: f\nnamespace: team\ntasks:\n  - ${task}\n`)
      yield* fs.makeDirectory(told)
      const without = yield* Effect.flip(loadTaskFile({ path }))
      assert.match(without.message, /flow\.yaml:4:\d+: namespaceFiles: no folder is known .*'team'.*_files beside/)
      yield* fs.makeDirectory(beside)
      assert.deepStrictEqual((yield* loadTaskFile({ path })).namespaceFolders, { team: beside })
      const given = yield* loadTaskFile({ path, namespaceFolders: { "": told, other: beside } })
      assert.deepStrictEqual(given.namespaceFolders, { team: told, other: beside })
      const wrong = yield* Effect.flip(loadTaskFile({ path, namespaceFolders: { "": join(folder, "nowhere") } }))
      assert.match(wrong.message, /the folder of namespace files '.*nowhere' does not exist/)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
  )

  it.effect("reads the example of the native form", () =>
    Effect.gen(function* () {
      const file = yield* loadTaskFile({ path: join(EXAMPLES, "task.yaml") })
      assert.strictEqual(file.directory, EXAMPLES)
      assert.strictEqual(file.tasks.length, 1)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
