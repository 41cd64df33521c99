import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { Result } from "effect"
import { parse } from "yaml"
import { type FileKind, fileJsonSchema } from "../../src/reference/FileSchema.ts"
import { referencePage } from "../../src/reference/ReferencePage.ts"
import { parseTaskFile } from "../../src/TaskFileReader.ts"
import { scriptTypeNames } from "../../src/types/ScriptTypes.ts"

const REPOSITORY = join(import.meta.dirname, "../../../..")
const file = (path: string): string => join(REPOSITORY, path)

const validators = Object.fromEntries(
  (["task", "flow", "any"] as const).map((kind) => [
    kind,
    // Strict, so that a word that no draft knows is an error of the schema itself.
    new Ajv({
      allErrors: true,
      strict: true,
      strictTypes: false,
      strictRequired: false,
      allowUnionTypes: true
    }).compile(fileJsonSchema(kind))
  ])
)

/** Where a file is not as the schema of a kind says; undefined where it is. */
const problems = (kind: FileKind, text: string): ReadonlyArray<string> | undefined => {
  const validate = validators[kind]
  if (validate?.(parse(text)) === true) return undefined
  const errors = validate?.errors ?? []
  return errors.map(({ instancePath, keyword, params }) =>
    `${instancePath} ${keyword} ${params["additionalProperty"] ?? ""}`.trim()
  )
}

const isRead = (text: string): boolean =>
  Result.isSuccess(parseTaskFile(text, { fileName: "file.yaml", directory: "/" }))

/** A flow of one task, whose keys are given as YAML in braces. */
const flowOf = (task: string): string => `{ id: f, namespace: n, tasks: [${task}] }`
const SHELL = "type: io.kestra.plugin.scripts.shell.Commands"

describe("published schemas", () => {
  const how = "write them anew: npx --yes pnpm@12 test --project packages/task-file test/reference -u"

  for (const kind of ["task", "flow"] as const) {
    it(`${kind}.schema.json is what files are read by (else ${how})`, async () => {
      const text = `${JSON.stringify(fileJsonSchema(kind), null, 2)}\n`
      await expect(text).toMatchFileSnapshot(file(`packages/task-file/${kind}.schema.json`))
    })
  }

  it(`docs/reference/files.md is what files are read by (else ${how})`, async () => {
    await expect(referencePage()).toMatchFileSnapshot(file("docs/reference/files.md"))
  })

  it("every key has words that explain it", () => {
    const silent: Array<string> = []
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return
      const { properties, ...rest } = schema as Record<string, unknown>
      for (const [key, value] of Object.entries(Object(properties))) {
        const one = Object(value)
        // Below `if` a key only chooses; a reference has its words where it leads.
        if (!("description" in one) && !("$ref" in one) && !path.endsWith(".if")) silent.push(`${path}.${key}`)
        visit(value, `${path}.${key}`)
      }
      for (const [key, value] of Object.entries(rest)) visit(value, `${path}.${key}`)
    }
    visit(fileJsonSchema("any"), "file")
    // The parts of an input file and of a label are said with the whole.
    assert.deepStrictEqual(
      silent.filter((path) => !/inputFiles|\.labels\.|configs/.test(path)),
      []
    )
  })

  it("names every type of task that is read", () => {
    const names = Object.keys(Object(fileJsonSchema("flow")["definitions"]))
    assert.deepStrictEqual(
      scriptTypeNames().filter((name) => !names.includes(name)),
      []
    )
  })
})

describe("files that are read", () => {
  const examples = readdirSync(file("examples"))
  for (const name of examples) {
    it(`examples/${name} is valid`, () => {
      const text = readFileSync(file(`examples/${name}`), "utf8")
      assert.isUndefined(problems("any", text))
      assert.isUndefined(problems(/^tasks:/m.test(text) ? "flow" : "task", text))
    })
  }

  const table: ReadonlyArray<readonly [what: string, text: string]> = [
    [
      "a task with properties and an expression among them",
      "{ image: a, commands: [x], runner: { resume: '{{ inputs.a }}' } }"
    ],
    ["a task without commands", "{ image: a }"],
    [
      "input files of every form",
      "{ image: a, inputFiles: { a: x, b: { path: p, mode: '0600' }, c: { url: 'http://x/' }, d: } }"
    ],
    ["a retry of each type", "{ image: a, retry: { type: random, minInterval: 1s, maxInterval: 2s, maxAttempts: 3 } }"],
    ["a whole number beyond 2^53 in env", "{ image: a, env: { A: 123456789012345678901234567890 } }"],
    ["a flow of shell commands", flowOf(`{ id: a, ${SHELL}, commands: [x] }`)],
    [
      "a script with packages given as one text",
      flowOf("{ id: a, type: io.kestra.plugin.scripts.python.Script, script: x, dependencies: numpy }")
    ],
    [
      "a runner of ours with its properties",
      flowOf(
        `{ id: a, ${SHELL}, commands: [x], taskRunner: { type: podwright, labels: { a: 1.50 }, waitForLogs: 5s } }`
      )
    ],
    [
      "a runner of Docker with properties of its own",
      flowOf(
        `{ id: a, ${SHELL}, commands: [x], taskRunner: { type: io.kestra.plugin.scripts.runner.docker.Docker, networkMode: host } }`
      )
    ],
    ["the oldest keys of a runner", flowOf(`{ id: a, ${SHELL}, commands: [x], runner: DOCKER, docker: { image: b } }`)],
    [
      "tasks in a group",
      flowOf(`{ id: g, type: io.kestra.plugin.core.flow.Sequential, tasks: [{ id: a, ${SHELL}, commands: [x] }] }`)
    ],
    [
      "tasks in one folder",
      flowOf(
        `{ id: g, type: io.kestra.plugin.core.flow.WorkingDirectory, inputFiles: { a: b }, cache: { patterns: [x] }, tasks: [{ id: a, ${SHELL}, commands: [x] }] }`
      )
    ],
    [
      "keys that are passed over, and a task of another type in errors",
      `{ id: f, namespace: n, triggers: [{ id: t }], labels: { a: 1 }, tasks: [{ id: a, ${SHELL}, commands: [x], logLevel: DEBUG, workerGroup: { key: k } }], errors: [{ id: e, type: io.kestra.plugin.slack.SlackIncomingWebhook, url: u }] }`
    ],
    [
      "inputs of several types, defaults and outputs",
      `{ id: f, namespace: n, inputs: [{ id: a, type: SELECT, values: [x, 1], defaults: x }, { id: b, type: INT, min: 1, defaults: 2 }, { id: c, type: ARRAY, itemType: INT, defaults: [1] }], pluginDefaults: [{ type: io.kestra, forced: true, values: { env: { A: b } } }], tasks: [{ id: a, ${SHELL}, commands: [x] }], outputs: [{ id: o, type: STRING, value: x }] }`
    ]
  ]
  for (const [what, text] of table) {
    it(`${what}: valid`, () => {
      assert.isTrue(isRead(text), "the file is one that is read")
      assert.isUndefined(problems("any", text))
    })
  }
})

describe("files that are refused", () => {
  const table: ReadonlyArray<readonly [what: string, text: string, problem: string]> = [
    ["an unknown key of a task file", "{ image: a, comands: [x] }", "additionalProperties comands"],
    ["a task file without an image", "{ commands: [x] }", "required"],
    [
      "an unknown property of the runner",
      "{ image: a, runner: { lables: {} } }",
      "/runner additionalProperties lables"
    ],
    [
      "an unknown key of a flow",
      `{ id: f, namespace: n, task: [], tasks: [{ id: a, ${SHELL}, commands: [x] }] }`,
      "additionalProperties task"
    ],
    [
      "a key of another type",
      flowOf(`{ id: a, ${SHELL}, commands: [x], dependencies: [b] }`),
      "/tasks/0 additionalProperties dependencies"
    ],
    ["a misspelt type", flowOf("{ id: a, type: io.kestra.plugin.scripts.shell.Command }"), "/tasks/0/type enum"],
    [
      "an unknown property of our runner in a flow",
      flowOf(`{ id: a, ${SHELL}, commands: [x], taskRunner: { type: podwright, lable: x } }`),
      "/tasks/0/taskRunner additionalProperties lable"
    ],
    ["an unknown type of input", "{ image: a, inputs: [{ id: a, type: STRNG }] }", "/inputs/0/type enum"],
    ["a duration that is none", "{ image: a, retry: { type: constant, interval: soon } }", "/retry/interval pattern"]
  ]
  for (const [what, text, problem] of table) {
    it(`${what}: ${problem}`, () => {
      assert.isFalse(isRead(text), "the file is one that is refused")
      assert.include(problems("any", text) ?? [], problem)
    })
  }
})
