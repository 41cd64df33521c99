/**
 * What this program can do about an error of the libraries, which do not know its options. Decides
 * by tags alone. Pure.
 */
import type { FileRunError } from "./JsonReport.ts"

/** A word that a shell passes on as it is. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/

const shellWord = (word: string): string => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** Flags of `run` that name an execution, or a place in the log of one. */
const EXECUTION_FLAG = /^--(?:execution-id|log-cursor)(=|$)/

/** `NAME=VALUE` without the value, where the file declares that it is a secret. */
const withoutSecret = (word: string, secrets: ReadonlySet<string>): string => {
  const [, flag = "", name = ""] = /^(--input=|-i=?)?([^=]+)=/.exec(word) ?? []
  return secrets.has(name) ? `${flag}${name}=***` : word
}

/**
 * The command that takes an execution over: the one that was given (`args` are those after the
 * program), with its id. `secrets` are the inputs whose values must not be printed.
 */
export const takeOverCommand = (
  args: ReadonlyArray<string>,
  executionId: string,
  secrets: ReadonlySet<string>
): string => {
  const kept: Array<string> = []
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? ""
    const found = EXECUTION_FLAG.exec(word)
    if (found === null) kept.push(withoutSecret(word, secrets))
    // Its value is the next word.
    else if (found[1] === "") index += 1
  }
  const [run = "run", ...rest] = kept
  return ["podwright", run, "--execution-id", executionId, ...rest].map(shellWord).join(" ")
}

/**
 * One sentence with a space before it, to follow the error's own words; empty where there is none.
 * `takeOver` is the command that takes the run over, where there is something to take over.
 */
export const runAdvice = (error: FileRunError, takeOver: string | undefined): string => {
  if (error._tag !== "RunError") return ""
  if (error.reason._tag === "Detached" && error.reason.pod !== null && takeOver !== undefined) return `: ${takeOver}`
  if (error.reason._tag !== "Kube") return ""
  const { reason } = error.reason.error
  return reason._tag === "Config" && reason.missing === "cluster"
    ? " Without a cluster, --local runs the file on this machine (Linux)."
    : ""
}
