import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Task } from "@podwright/spec-builder"
import { Duration, Effect } from "effect"
import { parseTaskFile } from "../src/TaskFileReader.ts"
import { renderFlowOutputs, renderRunIf, renderTask, type TaskScope } from "../src/TaskRendering.ts"

const scope: TaskScope = {
  inputs: {},
  outputs: {},
  identity: { namespace: "n", flowId: "f", taskId: "t", executionId: "exec", taskRunId: "run", attempt: 0 },
  secret: () => undefined
}

const render = Effect.fnUntraced(function* (source: string, different: Partial<TaskScope> = {}, index = 0) {
  const file = yield* Effect.fromResult(parseTaskFile(source, { fileName: "flow.yaml", directory: "/files" }))
  const task = file.tasks[index]
  if (task === undefined) return yield* Effect.die("there is no such task")
  return yield* renderTask(file, task, { ...scope, ...different })
})

const commandsOf = ({ command }: Task) => (command._tag === "Commands" ? command.commands : [])

const problems = (source: string, different: Partial<TaskScope> = {}) =>
  render(source, different).pipe(
    Effect.flip,
    Effect.map((error) => error.message)
  )

describe("renderFlowOutputs", () => {
  it.effect("keeps the digits of numbers, as the outputs' types say", () =>
    Effect.gen(function* () {
      const vars = { id: 9007199254740993n }
      const source = `id: f
namespace: n
tasks: [{ id: a, type: io.kestra.plugin.scripts.shell.Commands, commands: [c] }]
outputs:
  - { id: int, type: INT, value: "{{ outputs.a.vars.id }}" }
  - { id: float, type: FLOAT, value: "2" }
  - { id: json, type: JSON, value: '{"id":9007199254740993,"f":2.0}' }
  - { id: text, type: STRING, value: "010" }
`
      const file = yield* Effect.fromResult(parseTaskFile(source, { fileName: "flow.yaml", directory: "/files" }))
      const outputs = { a: { exitCode: 0, vars, outputFiles: {} } }
      const found = yield* renderFlowOutputs(file, { ...scope, outputs, executionId: "e" })
      const expected = '{"int":9007199254740993,"float":2.0,"json":{"id":9007199254740993,"f":2.0},"text":"010"}'
      assert.strictEqual(JSON.stringify(found), expected)
    })
  )
})

describe("renderTask", () => {
  it.effect("renders reference flow 2", () =>
    Effect.gen(function* () {
      const source = readFileSync(join(import.meta.dirname, "../../../examples/hello-with-file.yaml"), "utf8")
      const task = yield* render(source, { inputs: { file: "file:///tmp/in.txt" } })
      assert.deepStrictEqual(task.command, {
        _tag: "Commands",
        interpreter: ["/bin/sh", "-c"],
        beforeCommands: [],
        commands: ["cp /podwright/work/data.txt /podwright/work/out.txt"],
        failFast: true,
        targetOS: "LINUX"
      })
      assert.deepStrictEqual(task.inputFiles, [
        { name: "data.txt", source: { _tag: "Url", url: "file:///tmp/in.txt" } }
      ])
    })
  )

  it.effect("tells inline text, URIs and objects apart", () =>
    Effect.gen(function* () {
      const task = yield* render(
        `image: i\ncommands: [c]\ninputFiles:\n  a: "file text"\n  b: "https://x/y"\n  c: { path: sub/c.txt }\n  d: { path: /abs/d }\n  in: { path: "-" }\n  e: { url: "http://x" }\n  f: { text: "file:///not-a-uri" }\n`
      )
      assert.deepStrictEqual(
        task.inputFiles.map(({ name, source }) => [name, source]),
        [
          ["a", { _tag: "Text", text: "file text" }],
          ["b", { _tag: "Url", url: "https://x/y" }],
          ["c", { _tag: "Path", path: "/files/sub/c.txt" }],
          ["d", { _tag: "Path", path: "/abs/d" }],
          ["in", { _tag: "Stdin" }],
          ["e", { _tag: "Url", url: "http://x" }],
          ["f", { _tag: "Text", text: "file:///not-a-uri" }]
        ]
      )
    })
  )

  it.effect("renders the mode and the checksum of an input file, and names what is wrong with them", () =>
    Effect.gen(function* () {
      const source = (mode: string) =>
        `image: i\ncommands: [c]\ninputs: [{ id: m, type: STRING, defaults: '0600' }]\ninputFiles:\n  a: { path: a, mode: ${mode} }\n`
      const task = yield* render(source(`"{{ inputs.m }}"`), { inputs: { m: "0600" } })
      assert.deepStrictEqual(task.inputFiles, [{ name: "a", source: { _tag: "Path", path: "/files/a" }, mode: 0o600 }])
      const error = yield* Effect.flip(render(source("600")))
      assert.include(error.message, '5:23: mode: expected a text, such as "0600"; put the digits in quotes')
    })
  )

  it.effect("leaves out input files whose expression is null, and no other", () =>
    Effect.gen(function* () {
      const none = "{{ inputs.none }}"
      const files = `a: "${none}"\n  b: { url: "${none}" }\n  c: { path: "${none}" }\n  d: "${none} "\n  e: "{{ inputs.none ?? '' }}"\n  f: ""\n`
      const task = yield* render(`image: i\ncommands: [c]\ninputFiles:\n  ${files}`, { inputs: { none: null } })
      assert.deepStrictEqual(
        task.inputFiles,
        ["d", "e", "f"].map((name) => ({ name, source: { _tag: "Text", text: name === "d" ? " " : "" } }))
      )
      const mode = `image: i\ncommands: [c]\ninputFiles:\n  g: { text: "x", mode: "${none}" }\n`
      const error = yield* Effect.flip(render(mode, { inputs: { none: null } }))
      assert.include(error.message, "mode: expected three octal digits")
    })
  )

  it.effect("knows flow, task, variables, earlier outputs and secrets", () =>
    Effect.gen(function* () {
      const source = `id: f
namespace: n
variables: { greeting: { text: hi } }
tasks:
  - id: one
    type: io.kestra.plugin.scripts.shell.Commands
    commands: [c]
  - id: two
    type: io.kestra.plugin.scripts.shell.Commands
    env: { TOKEN: "{{ secret('TOKEN') }}" }
    timeout: "PT{{ 1 + 1 }}M"
    commands:
      - "{{ flow.namespace }}.{{ flow.id }}.{{ task.id }} {{ vars.greeting.text }} {{ execution.id }} {{ taskrun.id }}"
      - "{{ outputs.one.outputFiles['out.txt'] }} {{ outputs.one.exitCode }} {{ outputs.one.vars.n + 1 }}"
    taskRunner:
      type: podwright
      labels: { "{{ task.id }}-label": "{{ flow.id }}" }
      resources: { limit: { memory: "{{ inputs.memory | default('64Mi') }}" } }
`
      const outputs = { one: { exitCode: 0, vars: { n: 1 }, outputFiles: { "out.txt": "file:///o/out.txt" } } }
      const secret = (name: string) => (name === "TOKEN" ? "s3cret" : undefined)
      const task = yield* render(source, { outputs, secret }, 1)
      assert.deepStrictEqual(commandsOf(task), [
        "n.f.two hi exec run",
        "/podwright/work/.podwright-files/1/out.txt 0 2"
      ])
      assert.deepStrictEqual(task.env, { TOKEN: "s3cret" })
      assert.strictEqual(Duration.toMillis(task.timeout ?? 0), 120_000)
      assert.deepStrictEqual(task.runner.labels, { "two-label": "f" })
      assert.deepStrictEqual(task.runner.resources?.limit, { memory: "64Mi" })
    })
  )

  it.effect("does not render what a value contains", () =>
    Effect.gen(function* () {
      const task = yield* render('image: i\ncommands: ["echo {{ inputs.x }}"]\n', {
        inputs: { x: "{{ secret('A') }}" }
      })
      assert.deepStrictEqual(commandsOf(task), ["echo {{ secret('A') }}"])
    })
  )

  const places: ReadonlyArray<readonly [string, string, RegExp]> = [
    [
      "a misspelt input",
      'image: i\ncommands:\n  - "echo {{ inputs.fil }}"\n',
      /^flow\.yaml:3:21: there is no 'fil' in 'inputs', which is empty$/
    ],
    [
      "an undefined value in a plain scalar",
      "image: i\ncommands:\n  - echo {{ nope }} x\n",
      /^flow\.yaml:3:13: there is no 'nope'; there are execution, flow, /
    ],
    [
      "the second expression of a line",
      "image: i\ncommands:\n  - echo {{ workingDir }} {{ nope }}\n",
      /^flow\.yaml:3:30: /
    ],
    [
      "an undefined value in a line of a block",
      "image: i\ncommands:\n  - |\n    echo one\n    echo {{ nope }}\n",
      /^flow\.yaml:5:13: /
    ],
    [
      "the second of two equal lines of a block",
      "image: i\ncommands:\n  - |\n    {% if a is defined %}{% endif %}\n    x {{ task.id }}\n    x {{ nope }}\n    x {{ nope }}\n",
      /^flow\.yaml:6:10: /
    ],
    [
      "an undefined value in a folded block",
      "image: i\ncommands:\n  - >\n    echo one\n    echo {{ nope }}\n",
      /^flow\.yaml:5:13: /
    ],
    [
      "a NUL byte in a command",
      'image: i\ncommands:\n  - ls\n  - "echo a\\0b"\n',
      /^flow\.yaml:4:5: commands\[1\]: there is a NUL byte in line 1, column 7 of it/
    ],
    [
      "a NUL byte in a variable",
      'image: i\nenv:\n  A: "a\\n\\0"\ncommands: [c]\n',
      /^flow\.yaml:3:6: env\.A: there is a NUL byte in line 2, column 1 of it/
    ],
    [
      "a variable longer than Linux takes",
      `image: i\nenv: { A: ${"x".repeat(131_072)} }\ncommands: [c]\n`,
      /^flow\.yaml:2:11: env\.A: the variable is 131074 bytes with its name and Linux takes 131071/
    ],
    [
      "an unknown function",
      "image: i\ncommands:\n  - echo {{ nou() }}\n",
      /^flow\.yaml:3:13: there is no function 'nou'; did you mean 'now'\?$/
    ],
    [
      "an unknown filter",
      "image: i\ncommands:\n  - echo {{ task.id | shout }}\n",
      /^flow\.yaml:3:23: there is no filter 'shout'; /
    ],
    [
      "a missing secret",
      "image: i\nenv: { A: \"{{ secret('NOPE') }}\" }\ncommands: [c]\n",
      /^flow\.yaml:2:15: there is no secret 'NOPE'/
    ],
    ["an open expression", "image: i\ncommands:\n  - echo {{ task.id\n", /^flow\.yaml:3:\d+: syntax error/],
    [
      "the outputs of a task that has not run",
      "image: i\ncommands: ['{{ outputs.later.exitCode }}']\n",
      /^flow\.yaml:2:24: there is no 'later' in 'outputs', which is empty$/
    ],
    [
      "an endless loop",
      "image: i\ncommands: ['{% for a in range(0, 9999) %}{% for b in range(0, 9999) %}x{% endfor %}{% endfor %}']\n",
      /^flow\.yaml:2:\d+: the template takes too many steps/
    ],
    ["the constructor of an object", "image: i\ncommands: ['{{ inputs.constructor }}']\n", /there is no 'constructor'/],
    ["an inherited name", "image: i\ncommands: ['{{ inputs.__proto__.x }}']\n", /there is no '__proto__'/],
    [
      "a timeout that is not a duration once rendered",
      "image: i\ncommands: [c]\ntimeout: '{{ task.id }}'\n",
      /^flow\.yaml:3:10: expected a duration such as PT1H30M, 90s or 1h30m, not 'flow'$/
    ],
    [
      "a timeout of zero",
      "image: i\ncommands: [c]\ntimeout: PT0S\n",
      /^flow\.yaml:3:10: expected a time longer than zero/
    ],
    [
      "a runner property that is invalid once rendered",
      "image: i\ncommands: [c]\nrunner: { delete: '{{ task.id }}' }\n",
      /^flow\.yaml:3:19: delete: /
    ]
  ]
  for (const [name, source, expected] of places) {
    it.effect(`tells ${name} with its place`, () =>
      Effect.gen(function* () {
        assert.match(yield* problems(source), expected)
      })
    )
  }

  it.effect("tells all at once, and no value", () =>
    Effect.gen(function* () {
      const message = yield* problems("image: '{{ a }}'\ncommands: ['{{ b }}', '{{ inputs.password }}x{{ c }}']\n", {
        inputs: { password: "hunter2" }
      })
      assert.strictEqual(message.split("\n").length, 3)
      assert.notInclude(message, "hunter2")
    })
  )
})

describe("a task's own output files", () => {
  it.effect("have paths in its expressions, and the folders of the oldest types are there", () =>
    Effect.gen(function* () {
      const { commands } = yield* render(`id: f
namespace: n
tasks:
  - id: a
    type: io.kestra.core.tasks.scripts.Bash
    outputFiles: [report]
    outputDirs: [d]
    commands: ["echo {{ outputFiles.report }} {{ temp.report }} {{ outputDirs.d }}"]
`).pipe(Effect.map((task) => ({ commands: task.command })))
      assert.include(JSON.stringify(commands), "echo /podwright/work/report /podwright/work/report /podwright/work/d")
      assert.include(JSON.stringify(commands), "mkdir -p 'd'")
    })
  )
})

describe("a folder that tasks share", () => {
  const source = `id: f
namespace: n
tasks:
  - id: w
    type: io.kestra.plugin.core.flow.WorkingDirectory
    runIf: "{{ inputs.go }}"
    inputFiles: { a: "{{ inputs.word }}", own: folder }
    outputFiles: [end.csv]
    tasks:
      - { id: a, type: io.kestra.plugin.scripts.shell.Commands, inputFiles: { own: task }, commands: [c] }
      - { id: b, type: io.kestra.plugin.scripts.shell.Commands, outputFiles: [b.txt], commands: [c] }
`
  const inputs = { word: "hi", go: "yes" }
  const text = (value: string) => ({ _tag: "Text" as const, text: value })

  it.effect("begins with the files of its WorkingDirectory, which those of the first task win over", () =>
    Effect.gen(function* () {
      const { inputFiles, outputFiles, runner } = yield* render(source, { inputs })
      assert.deepStrictEqual(inputFiles, [
        { name: "a", source: text("hi") },
        { name: "own", source: text("task") }
      ])
      assert.deepStrictEqual([outputFiles, runner.syncWorkingDirectory], [[], true])
    })
  )

  it.effect("is whole for the tasks after it, and brings its own outputs back after the last", () =>
    Effect.gen(function* () {
      const { inputFiles, outputFiles, runner } = yield* render(source, { inputs, folder: { path: "/left/a" } }, 1)
      assert.deepStrictEqual(inputFiles, [{ name: ".", source: { _tag: "Path", path: "/left/a", whole: true } }])
      assert.deepStrictEqual([outputFiles, runner.syncWorkingDirectory], [["b.txt", "end.csv"], false])
      assert.deepStrictEqual((yield* render(source, { inputs, folder: { path: undefined } }, 1)).inputFiles, [])
    })
  )

  it.effect("is left out where runIf of its WorkingDirectory says no", () =>
    Effect.gen(function* () {
      const file = yield* Effect.fromResult(parseTaskFile(source, { fileName: "flow.yaml", directory: "/files" }))
      const runs = (go: string) =>
        Effect.forEach(file.tasks, (task) => renderRunIf(file, task, { ...scope, inputs: { ...inputs, go } }))
      assert.deepStrictEqual(yield* runs("yes"), [true, true])
      assert.deepStrictEqual(yield* runs("false"), [false, false])
    })
  )
})

describe("a connection", () => {
  const source = (config: string) => `image: i\ncommands: [c]\nrunner:\n  config:\n${config}`

  it.effect("is rendered but for the expression that finds a token", () =>
    Effect.gen(function* () {
      const task = yield* render(
        source(
          `    masterUrl: "https://{{ inputs.host }}"\n    oauthTokenProvider:\n      task: { uri: "https://id/{{ inputs.host }}" }\n      output: "{{ json.token }}"\n`
        ),
        { inputs: { host: "k8s" } }
      )
      const { masterUrl, oauthTokenProvider } = task.runner.config ?? {}
      assert.strictEqual(masterUrl, "https://k8s")
      assert.strictEqual(oauthTokenProvider?.task.uri, "https://id/k8s")
      assert.strictEqual(oauthTokenProvider?.output, "{{ json.token }}")
    })
  )

  it.effect("has its files beside the task file", () =>
    Effect.gen(function* () {
      const task = yield* render(source("    caCertFile: pki/ca.pem\n    trustStoreFile: /abs/trust.jks\n"))
      assert.strictEqual(task.runner.config?.caCertFile, "/files/pki/ca.pem")
      assert.strictEqual(task.runner.config?.trustStoreFile, "/abs/trust.jks")
    })
  )

  it.effect("that is wrong has its place", () =>
    Effect.gen(function* () {
      const given = source('    oauthToken: "{{ inputs.token }}"\n')
      const message = yield* problems(given, { inputs: { token: "two words" } })
      assert.strictEqual(message, "flow.yaml:5:17: oauthToken: expected a token without white space")
    })
  )
})
