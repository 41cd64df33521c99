/**
 * Files of this machine that a task's commands name by their URI, because an expression gave it: each
 * is brought to the pod, and its path there takes the place of the URI. Pure.
 */
import { posix } from "node:path"
import { type InputFile, WORK_DIRECTORY } from "@podwright/spec-builder"
import type { TaskFile } from "./TaskFile.ts"

/** Below the working folder; every file has a folder of its own there, as several may have one name. */
const FOLDER = ".podwright-files"

const SCHEME = /(?:file|https?):\/\//g
/** What a URI may go on with: what is known ends here only if none of these follows. */
const CONTINUES = /^(?:[\w%/~:@&=+$-]|\.\w)/
/** A URI ends at white space at the latest. */
const RUN = /^\S{1,4096}/
/** Commands rarely quote a path. */
const UNSAFE = /[^\w.-]/g

/** A name for the file in the pod that no shell takes apart. */
const nameOf = (uri: string): string => {
  const encoded = posix.basename(new URL(uri).pathname)
  try {
    return decodeURIComponent(encoded).replace(UNSAFE, "_") || "file"
  } catch {
    // A name whose bytes are no UTF-8.
    return encoded.replace(UNSAFE, "_")
  }
}

const uris = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return URL.canParse(value) ? [value] : []
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(uris) : []
}

/** The URIs that expressions may give: of inputs of type FILE, and of what tasks have given but values. */
const knownUris = (
  file: TaskFile,
  inputs: Readonly<Record<string, unknown>>,
  outputs: Readonly<Record<string, object>>
): ReadonlySet<string> => {
  const declared = file.inputs.filter(({ type }) => type === "FILE")
  const given = Object.values(outputs).flatMap((task) =>
    Object.entries(task).flatMap(([key, value]) => (key === "vars" ? [] : uris(value)))
  )
  return new Set([...declared.flatMap(({ id }) => uris(inputs[id])), ...given])
}

/** Of one task. */
export class CommandFiles {
  readonly #known: () => ReadonlySet<string>
  #uris: ReadonlySet<string> | undefined
  readonly #names = new Map<string, string>()

  constructor(file: TaskFile, inputs: Readonly<Record<string, unknown>>, outputs: Readonly<Record<string, object>>) {
    this.#known = () => knownUris(file, inputs, outputs)
  }

  /** The longest known URI that a text begins with. */
  #uriAt(text: string): string | undefined {
    // Only where a text has a URI: there may be very many outputs.
    this.#uris ??= this.#known()
    const run = RUN.exec(text)?.[0] ?? ""
    for (let length = run.length; length > "file://".length; length--) {
      const uri = run.slice(0, length)
      if (this.#uris.has(uri) && !CONTINUES.test(run.slice(length))) return uri
    }
    return undefined
  }

  /** The text, with the path in the pod in place of each known URI. */
  replace(text: string): string {
    let replaced = ""
    let done = 0
    for (const { index } of text.matchAll(SCHEME)) {
      const uri = index < done ? undefined : this.#uriAt(text.slice(index))
      if (uri === undefined) continue
      const name = this.#names.get(uri) ?? `${FOLDER}/${this.#names.size + 1}/${nameOf(uri)}`
      this.#names.set(uri, name)
      replaced += `${text.slice(done, index)}${WORK_DIRECTORY}/${name}`
      done = index + uri.length
    }
    return replaced + text.slice(done)
  }

  /** What the replaced texts need in the pod. */
  get inputFiles(): ReadonlyArray<InputFile> {
    return Array.from(this.#names, ([url, name]) => ({ name, source: { _tag: "Url", url } }))
  }
}
