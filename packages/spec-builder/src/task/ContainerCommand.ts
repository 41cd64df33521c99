/**
 * The argv that a task's commands come to, and how text is written so that Kubernetes hands it on
 * unchanged. Pure.
 */
import { Result } from "effect"
import type { Commands } from "./TaskValues.ts"

/** Interpreters that know `set -e`. */
const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"])
/** Shells that read the gate script as POSIX says; zsh does not split words as it needs. */
const POSIX_SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "ksh", "mksh"])
const DEFAULT_SHELL = "/bin/sh"

/**
 * Linux' MAX_ARG_STRLEN, 32 pages of 4 KiB with the closing zero byte: execve refuses a longer
 * argument.
 */
export const MAXIMUM_ARGUMENT_BYTES = 131_071

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/**
 * Doubles each `$` that Kubernetes would not keep: in `command`, `args` and `env` the kubelet
 * replaces `$(NAME)`, turns `$$` into `$`, and tears the first character after `$` apart when it is
 * not ASCII (k8s.io/kubernetes third_party/forked/golang/expansion).
 */
export const literal = (text: string): string => text.replace(/\$(?=[$(]|[^\0-\x7f])/g, "$$$$")

/**
 * The program to run the gate with: the interpreter when it is a POSIX shell (images may have it
 * elsewhere), else `/bin/sh`.
 */
export const gateShell = (interpreter: ReadonlyArray<string>): string => {
  const program = interpreter[0]
  return program !== undefined && POSIX_SHELLS.has(baseName(program)) ? program : DEFAULT_SHELL
}

/** What POSIX shells take from their environment and hand on; dash and busybox ash drop every other name. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Words before a command that give it the variables that the gate's shell drops: `env` with one of each. Their values are
 * left to the kubelet, which expands `$(NAME)` here as it does in `env`. Empty where there are none, or where the interpreter
 * is a shell of that kind itself, which would drop them again.
 */
export const droppedVariables = (
  interpreter: ReadonlyArray<string>,
  names: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (POSIX_SHELLS.has(baseName(interpreter[0] ?? ""))) return []
  // A name with a bracket cannot be referred to: $(a)b) ends at the first one.
  const dropped = names.filter((name) => !IDENTIFIER.test(name) && !name.includes(")"))
  return dropped.length === 0 ? [] : ["env", "--", ...dropped.map((name) => `${literal(`${name}=`)}$(${name})`)]
}

const isShell = (interpreter: ReadonlyArray<string>): boolean => interpreter.some((part) => SHELLS.has(baseName(part)))

/**
 * Interpreter and one script: `set -e` where it fails fast and the interpreter is a shell, then
 * `beforeCommands`, then `commands`, a line each. Without an interpreter `commands` is the argv as
 * it stands. Fails with what is wrong.
 */
export const taskCommand = (command: Commands): Result.Result<ReadonlyArray<string>, string> => {
  const { interpreter, beforeCommands, commands, targetOS } = command
  if (commands.length === 0 && beforeCommands.length === 0) return Result.fail("there is no command to run")
  if (interpreter.length === 0 && beforeCommands.length > 0) {
    return Result.fail("beforeCommands need an interpreter, and the interpreter is empty")
  }
  const lines = [...(command.failFast && isShell(interpreter) ? ["set -e"] : []), ...beforeCommands, ...commands]
  const argv =
    interpreter.length === 0 ? commands : [...interpreter, lines.join(targetOS === "WINDOWS" ? "\r\n" : "\n")]
  const longest = Math.max(...argv.map((part) => new TextEncoder().encode(part).length))
  if (longest > MAXIMUM_ARGUMENT_BYTES) {
    return Result.fail(
      `the commands are ${longest} bytes long, and Linux allows ${MAXIMUM_ARGUMENT_BYTES} in one argument; deliver the script as an input file`
    )
  }
  return Result.succeed(argv)
}
