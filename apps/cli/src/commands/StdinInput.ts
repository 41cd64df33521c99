/**
 * `--input NAME=-`: the value of an input of type FILE is this command's stdin. Kept in a temporary
 * file for the command's life, because several tasks may use it and each must know its length
 * before it is sent.
 */
import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { type TaskFile, TaskFileError } from "@podwright/task-file"
import { Effect, type Scope } from "effect"

/** The given values, `-` of FILE inputs replaced by the path of a file that holds all of stdin. */
export const withStdin = Effect.fnUntraced(function* (
  file: TaskFile,
  given: Readonly<Record<string, string>>,
  stdin: Readable & { readonly isTTY?: boolean } = process.stdin
): Effect.fn.Return<Readonly<Record<string, string>>, TaskFileError, Scope.Scope> {
  const [first, second] = file.inputs.filter(({ id, type }) => type === "FILE" && given[id] === "-")
  if (first === undefined) return given
  const problem = (input: typeof first, message: string) =>
    new TaskFileError({
      operation: "inputs",
      issues: [file.document.issue(input.path, `input '${input.id}': ${message}`)]
    })
  if (second !== undefined)
    return yield* problem(second, `input '${first.id}' already reads stdin, which can be read only once; give a path`)
  if (stdin.isTTY === true) return yield* problem(first, "stdin is a terminal; pipe or redirect a file to it")
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-stdin-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const path = join(folder, first.id)
  yield* Effect.tryPromise({
    try: (signal) => pipeline(stdin, createWriteStream(path), { signal }),
    catch: (error) =>
      problem(first, `stdin could not be saved to a file: ${error instanceof Error ? error.message : String(error)}`)
  })
  return { ...given, [first.id]: path }
})
