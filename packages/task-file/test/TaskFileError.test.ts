import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { buildPod, taskValues } from "@podwright/spec-builder"
import { Effect } from "effect"
import { resolveInputs } from "../src/InputValues.ts"
import { loadTaskFile, parseTaskFile } from "../src/TaskFileReader.ts"
import { renderTask } from "../src/TaskRendering.ts"

/** Stands for everything that no message may repeat. */
const MARKER = "sEcReT7mArKeR"
const token = `eyJhbGciOiJSUzI1NiJ9.${MARKER}.c2lnbmF0dXJl`
const long = MARKER.repeat(1000)

/** What people give in the place of a path. */
const contents: Readonly<Record<string, string>> = {
  "a kubeconfig in YAML": `apiVersion: v1\nusers:\n- name: a\n  user: { token: ${MARKER} }\n`,
  "a kubeconfig in JSON": JSON.stringify({ users: [{ user: { token: MARKER } }] }),
  "a key": `-----BEGIN PRIVATE KEY-----${MARKER}`,
  "base64 of a key": `LS0tLS1CRUdJTiBQUklWQVRF${MARKER}`,
  "a JSON Web Token": token,
  "an opaque token": `${MARKER}0123456789${MARKER}abcdefghij`,
  "a long text": long
}

type Path = ReadonlyArray<string>

/** A task with the marker in each place that may hold a secret. */
const secrets = {
  image: "busybox",
  commands: ["true"],
  env: { PASSWORD: MARKER },
  inputFiles: { "a.txt": MARKER, "b.txt": { text: MARKER } },
  inputs: [{ id: "password", type: "STRING", defaults: MARKER }],
  runner: {
    config: {
      masterUrl: "https://k:6443",
      caCertData: MARKER,
      clientCertData: MARKER,
      clientKeyData: MARKER,
      clientKeyPassphrase: MARKER,
      keyStorePassphrase: MARKER,
      trustStorePassphrase: MARKER,
      oauthToken: MARKER,
      password: MARKER,
      username: MARKER
    }
  }
}

const placesOf = (value: unknown, path: Path = []): ReadonlyArray<Path> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))
    : value === MARKER
      ? [path]
      : []

const replaced = (value: unknown, [key, ...rest]: Path, by: unknown): unknown => {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? replaced(item, rest, by) : item))
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, by) }
}

/** The message of everything that can go wrong on the way from a file to its pods; none where nothing does. */
const messageOf = (document: unknown, given: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const file = yield* Effect.fromResult(
      parseTaskFile(JSON.stringify(document), { fileName: "task.yaml", directory: "/files" })
    )
    const inputs = yield* resolveInputs(file, given)
    const identity = { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 }
    for (const task of file.tasks) {
      const rendered = yield* renderTask(file, task, { inputs, outputs: {}, identity, secret: () => MARKER })
      yield* Effect.fromResult(buildPod(taskValues(rendered), rendered.runner))
    }
    return undefined
  }).pipe(Effect.catch((error) => Effect.succeed(error.message)))

const discreet = (message: string | undefined) => {
  assert.notInclude(message ?? "", MARKER)
  assert.isBelow((message ?? "").length, 2000)
}

describe("messages about secrets", () => {
  const wrong: Readonly<Record<string, unknown>> = {
    "an object": { [`key`]: MARKER },
    "a list": [MARKER, { key: MARKER }],
    "a list in a list": [[[MARKER]]],
    "a broken expression": `{{ ${MARKER}`,
    "an expression that fails": `{{ secret('X') | number('INT') }}`,
    "a NUL byte": `${MARKER}\0`,
    "white space and a colon": ` ${MARKER} : ${MARKER}`,
    "a long text": long
  }
  for (const place of placesOf(secrets))
    for (const [what, value] of Object.entries(wrong))
      it.effect(`hold nothing of ${place.join(".")}, where it is ${what}`, () =>
        Effect.map(messageOf(replaced(secrets, place, value)), (message) => {
          // A broken expression is shown, to be mended: what it holds is no secret but its source.
          if (what === "a broken expression") assert.isBelow((message ?? "").length, 2000)
          else discreet(message)
        })
      )

  it.effect("are there at all", () =>
    Effect.map(messageOf(replaced(secrets, ["env", "PASSWORD"], { key: MARKER })), (message) =>
      assert.match(message ?? "", /PASSWORD: /)
    )
  )
})

describe("messages about inputs", () => {
  for (const type of ["INT", "FLOAT", "BOOLEAN", "URI", "JSON", "FILE"] as const)
    for (const [what, text] of Object.entries({ "a word": MARKER, "broken JSON": `{"a": ${MARKER}`, ...contents }))
      it.effect(`hold nothing of ${what} given for type ${type}`, () =>
        Effect.gen(function* () {
          // A word may be a path, and a path that does not exist is named.
          if (type === "FILE" && what === "a word") return
          for (const input of [
            { id: "i", type },
            { id: "i", type, defaults: text }
          ]) {
            const task = { image: "busybox", commands: ["true"], inputs: [input] }
            discreet(yield* messageOf(task, "defaults" in input ? {} : { i: text }))
          }
        })
      )
})

describe("messages about paths", () => {
  for (const [what, text] of Object.entries(contents)) {
    for (const field of [
      "caCertFile",
      "clientCertFile",
      "clientKeyFile",
      "keyStoreFile",
      "trustStoreFile",
      "masterUrl"
    ])
      it.effect(`hold nothing of ${what} given for ${field}`, () =>
        Effect.gen(function* () {
          const config = { inherit: false, masterUrl: "https://k:6443", oauthToken: "t", [field]: text }
          const message = yield* messageOf({ image: "busybox", commands: ["true"], runner: { config } })
          assert.isDefined(message)
          discreet(message)
        })
      )

    it.effect(`hold nothing of ${what} given for the task file`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(loadTaskFile({ path: text }))
        assert.include(error.message, "not its content")
        discreet(error.message)
      }).pipe(Effect.provide(NodeFileSystem.layer))
    )
  }
})
