/**
 * One task with every expression already rendered: what task files, programs and servers all run.
 * `makeTask` is the one place where its parts and their defaults are put together. Pure data.
 */
import { Duration, Result } from "effect"
import { decodeRunnerProperties } from "../properties/RunnerDecoding.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import {
  type Commands,
  DEFAULT_INTERPRETER,
  type Entrypoint,
  type TaskIdentity,
  type TaskValues
} from "./TaskValues.ts"

/** Where the content of an input file comes from. */
export type TaskSource =
  | { readonly _tag: "Text"; readonly text: string }
  /**
   * The stdin of the process that runs the task, to its end; at most one input may be read from it.
   */
  | { readonly _tag: "Stdin" }
  /**
   * A file or folder on this machine, or a glob (`*`, `**`, `?`, `[…]`, `{a,b}`) whose files go
   * below the input's name. `whole`: of a folder everything goes, whatever its ignore files say.
   */
  | { readonly _tag: "Path"; readonly path: string; readonly whole?: boolean }
  /**
   * An `http:`, `https:` or `file:` URL. `sha256`, in hexadecimal: of what an `http(s):` URL must
   * give.
   */
  | { readonly _tag: "Url"; readonly url: string; readonly sha256?: string }

/** A file that is placed below WORKING_DIR before the command starts. */
export interface InputFile {
  /**
   * Where it goes below the working folder: relative, without `..`; `.`: the content of a folder
   * goes into the working folder itself.
   */
  readonly name: string
  readonly source: TaskSource
  /**
   * The permissions that the file gets, such as `0o600`; not for folders. Default: those that it has
   * here, `0o644` for a text or a download, `0o755` for a script.
   */
  readonly mode?: number
}

/** One task, complete: nothing in it is still to be rendered or looked up. */
export interface Task {
  /**
   * Who the task is. The pod's name and labels follow from it; two runs must not share a
   * `taskRunId`.
   */
  readonly identity: TaskIdentity
  readonly image: string
  readonly command: Commands | Entrypoint
  /** Taken literally: `$(NAME)` and `$$` reach the process as written. */
  readonly env: Readonly<Record<string, string>>
  readonly inputFiles: ReadonlyArray<InputFile>
  /** Names and patterns below WORKING_DIR to bring back, besides everything below OUTPUT_DIR. */
  readonly outputFiles: ReadonlyArray<string>
  /** The task's own limit; takes precedence over `waitUntilCompletion`. */
  readonly timeout: Duration.Duration | undefined
  readonly runner: RunnerProperties
}

/** What a task is made of. Only `identity` and `image` have no default. */
export interface TaskFields {
  readonly identity: TaskIdentity
  readonly image: string
  /** Absent or empty: the image's own entrypoint runs. */
  readonly commands?: ReadonlyArray<string>
  /** Run before `commands`, in the same shell. */
  readonly beforeCommands?: ReadonlyArray<string>
  /** The program that takes the script as its last argument. Default: `["/bin/sh", "-c"]`. */
  readonly interpreter?: ReadonlyArray<string>
  /** Whether a shell stops at the first command that fails. Default: true. */
  readonly failFast?: boolean
  /** Default: `AUTO`, which is Linux. */
  readonly targetOS?: "LINUX" | "WINDOWS" | "AUTO"
  readonly env?: Readonly<Record<string, string>>
  readonly inputFiles?: ReadonlyArray<InputFile>
  readonly outputFiles?: ReadonlyArray<string>
  readonly timeout?: Duration.Duration | undefined
  /** Decoded by `decodeRunnerProperties`. Default: every property's own default. */
  readonly runner?: RunnerProperties
}

/** Every property at its default; made when the first task needs it. */
let defaults: RunnerProperties | undefined
const defaultRunner = (): RunnerProperties => {
  defaults ??= Result.getOrThrow(decodeRunnerProperties({}))
  return defaults
}

/**
 * A task of these fields, with the defaults of the task file for all others. Never fails:
 * `buildPod` checks values.
 */
export const makeTask = (fields: TaskFields): Task => {
  const { commands = [] } = fields
  return {
    identity: fields.identity,
    image: fields.image,
    command:
      commands.length === 0
        ? { _tag: "Entrypoint" }
        : {
            _tag: "Commands",
            interpreter: fields.interpreter ?? DEFAULT_INTERPRETER,
            beforeCommands: fields.beforeCommands ?? [],
            commands,
            failFast: fields.failFast ?? true,
            targetOS: fields.targetOS === "WINDOWS" ? "WINDOWS" : "LINUX"
          },
    env: fields.env ?? {},
    inputFiles: fields.inputFiles ?? [],
    outputFiles: fields.outputFiles ?? [],
    timeout: fields.timeout,
    runner: fields.runner ?? defaultRunner()
  }
}

/**
 * What its pod must know of a task: the first argument of `buildPod`, whose second is
 * `task.runner`.
 */
export const taskValues = (task: Omit<Task, "runner">): TaskValues => ({
  identity: task.identity,
  image: task.image,
  command: task.command,
  env: task.env,
  hasInputs: task.inputFiles.length > 0,
  wantsOutputs: task.outputFiles.length > 0,
  ...(task.timeout === undefined ? {} : { timeoutSeconds: Math.ceil(Duration.toSeconds(task.timeout)) })
})
