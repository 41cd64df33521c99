/**
 * A task or flow file as the flags of a command give it: read, with the values of its inputs and what
 * its expressions may refer to besides it. From then on no secret that they ask for is printed.
 */
import { resolve } from "node:path"
import {
  loadTaskFile,
  outsideValues,
  resolveInputs,
  SecretMask,
  TaskFileError,
  TaskFileIssue
} from "@podwright/task-file"
import { Effect, FileSystem, Option } from "effect"
import { maskOutput } from "../ProcessOutput.ts"
import { environmentSecrets } from "./EnvironmentSecrets.ts"
import { givenInputs } from "./GivenInputs.ts"
import { withStdin } from "./StdinInput.ts"

type Assignments = ReadonlyArray<readonly [name: string, value: string]>

/** Which file, and what is said of it. */
export interface GivenFile {
  readonly file: string
  readonly input: Assignments
  readonly vars: ReadonlyArray<string>
  readonly variables: Assignments
  readonly plainSecrets: boolean
  readonly defaultImage: Option.Option<string>
  readonly namespaceFiles: ReadonlyArray<readonly [namespace: string, folder: string]>
  readonly runnerStrict: boolean
}

const readVars = Effect.fnUntraced(function* (name: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(name).pipe(
    Effect.mapError((error) => {
      const message = `--vars: the file cannot be read: ${error.cause instanceof Error ? error.cause.message : error.message}`
      const issue = new TaskFileIssue({ message, file: name, line: 1, column: 1, path: [] })
      return new TaskFileError({ operation: "read", issues: [issue] })
    })
  )
  return { name, text }
})

/** Reads the file and its values; `note` receives the file's notices. */
export const readGivenFile = Effect.fnUntraced(function* (
  given: GivenFile,
  note: (notices: ReadonlyArray<string>) => Effect.Effect<void>
) {
  const image = Option.getOrUndefined(given.defaultImage)
  const file = yield* loadTaskFile({
    path: resolve(given.file),
    runnerStrict: given.runnerStrict,
    namespaceFolders: Object.fromEntries(given.namespaceFiles),
    ...(image === undefined ? {} : { defaultImage: image })
  })
  if (file.notices.length > 0) yield* note(file.notices.map(String))
  const mask = new SecretMask()
  maskOutput((text) => mask.apply(text))
  const files = yield* Effect.forEach(given.vars, readVars)
  const sources = { env: process.env, files, assignments: given.variables }
  const outside = {
    secret: environmentSecrets(process.env, given.plainSecrets, (value) => mask.add(value)),
    values: yield* Effect.fromResult(outsideValues(file, sources))
  }
  const values = yield* withStdin(file, yield* Effect.fromResult(givenInputs(file, given.input)))
  const inputs = yield* resolveInputs(file, values, outside)
  for (const { id, type } of file.inputs) {
    const value = inputs[id]
    if (type === "SECRET" && typeof value === "string") mask.add(value)
  }
  return { file, inputs, outside }
})
