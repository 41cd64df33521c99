/**
 * What a pod is built from: who the task run is, its image, command and environment, and what the
 * pod must know of its files. `Task.ts` has the whole task. Pure.
 */
/**
 * Who the task run is. The pod's name and labels come from it; equal identities give equal names.
 */
export interface TaskIdentity {
  readonly namespace: string
  readonly flowId: string
  readonly taskId: string
  readonly executionId: string
  readonly taskRunId: string
  /** Attempts made before this one: 0 for the first. */
  readonly attempt: number
}

/**
 * Commands for an interpreter in the image. They can be wrapped, so logs and exit code travel
 * through the volume.
 */
export interface Commands {
  readonly _tag: "Commands"
  /**
   * The program that takes the script as its last argument, e.g. `["/bin/sh", "-c"]`; empty:
   * `commands` is the argv itself.
   */
  readonly interpreter: ReadonlyArray<string>
  readonly beforeCommands: ReadonlyArray<string>
  readonly commands: ReadonlyArray<string>
  /** Stop at the first command that fails (`set -e`); has a meaning for shells only. */
  readonly failFast: boolean
  /** What the commands run on; its lines end as the system's do. Default: `LINUX`. */
  readonly targetOS?: TargetOS
}

/** `WINDOWS` has no POSIX shell, so neither gate nor helper: a bare pod is all it can be. */
export type TargetOS = "LINUX" | "WINDOWS"

/** The image's own entrypoint, or `containerSpec.command` and `args` where they are given. */
export interface Entrypoint {
  readonly _tag: "Entrypoint"
}

/**
 * Where log lines are read from: the files that the gate keeps on the pod's volume, or the
 * kubelet's `pods/log`.
 */
export type LogSource = "volume" | "kubelet"

/** The values of a task that its pod is built from: `taskValues` takes them from a `Task`. */
export interface TaskValues {
  readonly identity: TaskIdentity
  readonly image: string
  readonly command: Commands | Entrypoint
  /** Taken literally: `$(NAME)` and `$$` reach the process as written. */
  readonly env: Readonly<Record<string, string>>
  /** Whether files are to be delivered before the command starts. */
  readonly hasInputs: boolean
  /** Whether files are to be collected when it has ended. */
  readonly wantsOutputs: boolean
  /** The task's own limit in seconds; takes precedence over the runner's `waitUntilCompletion`. */
  readonly timeoutSeconds?: number
}

/** The interpreter of a task that names none. */
export const DEFAULT_INTERPRETER: ReadonlyArray<string> = ["/bin/sh", "-c"]
