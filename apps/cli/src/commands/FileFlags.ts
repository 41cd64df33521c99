/** Arguments and flags of every command that reads a task or flow file. */
import { Argument, Flag } from "effect/cli"

/** An empty name where there is none: who reads it refuses it, and does not repeat the value. */
const nameAndValue = (text: string): readonly [name: string, value: string] => {
  const end = text.indexOf("=")
  return [text.slice(0, Math.max(0, end)), text.slice(end + 1)]
}

export const file = Argument.String("file").pipe(Argument.withDescription("Task or flow file (YAML)"))

const input = Flag.String("input").pipe(
  Flag.withAlias("i"),
  Flag.withMetavar("NAME=VALUE"),
  Flag.withDescription("Value of an input that the file declares; for type FILE a path, or `-` for stdin; repeatable"),
  // Not `KeyValuePair`, which takes no empty value: an empty text is a value.
  Flag.map(nameAndValue),
  Flag.atLeast(0)
)

const defaultImage = Flag.String("default-image").pipe(
  Flag.withMetavar("IMAGE"),
  Flag.withDescription("Image of shell tasks that name none; default: ubuntu. Other types of task have their own"),
  Flag.optional
)

const runnerStrict = Flag.Boolean("runner-strict").pipe(
  Flag.withDescription(
    "Refuse tasks whose taskRunner is not for Kubernetes; otherwise they run in a pod, with a notice"
  ),
  Flag.withDefault(false)
)

const vars = Flag.String("vars").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription(
    "YAML or JSON with values of expressions: trigger, envs, globals, kv, labels, vars; repeatable, the last one wins"
  ),
  Flag.atLeast(0)
)

const variables = Flag.String("var").pipe(
  Flag.withMetavar("NAME=VALUE"),
  Flag.withDescription(
    "One such value, as text: trigger.date=2026-01-31, kv.region=eu, or a variable's NAME; repeatable"
  ),
  Flag.map(nameAndValue),
  Flag.atLeast(0)
)

const plainSecrets = Flag.Boolean("plain-secrets").pipe(
  Flag.withDescription("Take the environment's SECRET_NAME as text; otherwise it is base64, as in Kestra"),
  Flag.withDefault(false)
)

/** A namespace's name before the folder's; a folder that has a `=` early is written `./…=…`. */
const namespaceAndFolder = (text: string): readonly [namespace: string, folder: string] => {
  const named = /^([a-z0-9][a-z0-9._-]*)=(.*)$/s.exec(text)
  return named === null ? ["", text] : [named[1] ?? "", named[2] ?? ""]
}

const namespaceFiles = Flag.String("namespace-files").pipe(
  Flag.withMetavar("[NAMESPACE=]DIR"),
  Flag.withDescription(
    "Folder with the files that tasks get by namespaceFiles; default: _files beside the file, where there is one; repeatable"
  ),
  Flag.map(namespaceAndFolder),
  Flag.atLeast(0)
)

/** What is said of a file, besides its path. */
export const fileFlags = { input, vars, variables, plainSecrets, defaultImage, namespaceFiles, runnerStrict }
