/**
 * Starts the holder, process 1 of the pid namespace that all containers of a cluster live in, with
 * `unshare`, and gives it its id maps. Touches the holder's process and its files in /proc alone.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import {
  LocalClusterError,
  type LocalClusterReason,
  NamespacesRefused,
  ToolMissing
} from "../contract/LocalClusterError.ts"
import { spawnChild } from "./Program.ts"
import { HOLDER_SCRIPT } from "./SandboxScript.ts"

/** The process that holds the namespaces open. */
export interface Holder {
  /** Outside of its namespace. */
  readonly pid: number
  /** Ends it, and with it every process in its namespace. */
  readonly end: Effect.Effect<void>
}

/** pivot_root(8) is where an ordinary user's PATH does not reach. */
const TOOL_ENVIRONMENT = { ...process.env, PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin` }

/**
 * Maps ids one to one for root, as far as this process has them itself; anybody else is the
 * namespace's root.
 */
const idMap = (file: "uid_map" | "gid_map", byRoot: boolean, own: number): string =>
  !byRoot
    ? `0 ${own} 1\n`
    : readFileSync(`/proc/self/${file}`, "utf8").replace(/^\s*(\d+)\s+\d+\s+(\d+)$/gm, "$1 $1 $2")

/** Why there is no cluster, as the error of its start. */
export const cannotStart = (reason: LocalClusterReason) => new LocalClusterError({ operation: "start", reason })

/** What the tools' own words mean. */
const refusal = (detail: string): LocalClusterReason => {
  const missing = /(\w+): (?:command )?not found/.exec(detail)?.[1]
  return missing === undefined
    ? new NamespacesRefused({ detail: detail.replaceAll("\n", "; ") })
    : new ToolMissing({ tool: missing })
}

/** Node's own words for what went wrong. */
const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/**
 * Starts a holder that runs `setup` in its namespaces; the caller ends it. `byRoot`: this process
 * is root's.
 */
export const startHolder = (folder: string, setup: string, byRoot: boolean): Effect.Effect<Holder, LocalClusterError> =>
  Effect.gen(function* () {
    const child = yield* Effect.fromResult(
      spawnChild(() =>
        spawn("sh", ["-c", HOLDER_SCRIPT, "sh", setup, folder], {
          cwd: "/",
          detached: true,
          env: TOOL_ENVIRONMENT,
          stdio: ["pipe", "pipe", "pipe"]
        })
      )
    ).pipe(Effect.mapError((detail) => cannotStart(refusal(detail))))
    const ended = once(child, "exit")
    const silent = once(child.stderr, "close")
    let complaint = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text
    })
    const lines = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]()
    const end = Effect.promise(async () => {
      child.stdin.end()
      await ended
    })
    const nextPid = Effect.tryPromise({
      try: async () => {
        const { done, value } = await lines.next()
        if (done === true) {
          await silent
          throw new Error(complaint)
        }
        return Number(value)
      },
      catch: wordsOf
    })
    const prepared = Effect.gen(function* () {
      const shell = yield* nextPid
      yield* Effect.try({
        try: () => {
          if (!byRoot) writeFileSync(`/proc/${shell}/setgroups`, "deny")
          writeFileSync(`/proc/${shell}/uid_map`, idMap("uid_map", byRoot, process.getuid?.() ?? 0))
          writeFileSync(`/proc/${shell}/gid_map`, idMap("gid_map", byRoot, process.getgid?.() ?? 0))
        },
        catch: wordsOf
      })
      child.stdin.write("go\n")
      return yield* nextPid
    })
    const pid = yield* prepared.pipe(
      Effect.tapError(() => end),
      Effect.mapError((detail) => cannotStart(refusal(detail.trim())))
    )
    return { pid, end }
  })
