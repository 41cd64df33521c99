import { existsSync, readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { loadTaskFile } from "@podwright/task-file"
import { Effect } from "effect"
import { withStdin } from "../../src/commands/StdinInput.ts"

const declared = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-stdin-test-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const path = join(folder, "task.yaml")
  const inputs = "inputs:\n  - { id: a, type: FILE }\n  - { id: b, type: FILE }\n  - { id: text, type: STRING }\n"
  yield* Effect.promise(() => writeFile(path, `image: x\n${inputs}commands: ["true"]\n`))
  return yield* loadTaskFile({ path })
}).pipe(Effect.provide(NodeFileSystem.layer))

describe("withStdin", () => {
  it.effect("gives a FILE input all of stdin, for the command's life", () =>
    Effect.gen(function* () {
      const file = yield* declared
      const path = yield* Effect.scoped(
        Effect.gen(function* () {
          const given = yield* withStdin(file, { a: "-", text: "-" }, Readable.from([Buffer.from("one "), "two"]))
          assert.strictEqual(given["text"], "-")
          assert.strictEqual(readFileSync(given["a"] ?? "", "utf8"), "one two")
          return given["a"] ?? ""
        })
      )
      assert.isFalse(existsSync(path))
    })
  )

  it.effect("refuses a terminal, and a second input of stdin, at the input's place", () =>
    Effect.gen(function* () {
      const file = yield* declared
      const terminal = Object.assign(Readable.from([]), { isTTY: true })
      const noPipe = yield* Effect.flip(withStdin(file, { a: "-" }, terminal))
      assert.match(noPipe.message, /task\.yaml:3:.*input 'a': stdin is a terminal/)
      const twice = yield* Effect.flip(withStdin(file, { a: "-", b: "-" }, Readable.from([])))
      assert.match(twice.message, /task\.yaml:4:.*input 'b': input 'a' already reads stdin/)
    })
  )

  it.effect("leaves stdin alone otherwise", () =>
    Effect.gen(function* () {
      const given = { a: "./-", text: "-" }
      assert.strictEqual(yield* withStdin(yield* declared, given, Readable.from(["x"])), given)
    })
  )
})
