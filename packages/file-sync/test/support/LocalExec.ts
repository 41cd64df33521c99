/**
 * Stands in for a helper container: runs the session's script in a shell of this machine, on a
 * folder as the volume, and can cut its connection after any number of bytes, as a proxy would.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { Exec, type ExecChannel, type ExecOutput, KubeError } from "@podwright/k8s-io"
import { Cause, Deferred, Effect, Layer, Queue, Stream } from "effect"

export interface LocalExecOptions {
  readonly shell?: ReadonlyArray<string>
  /** Output bytes after which the n-th connection is cut; undefined for never. */
  readonly cutAfter?: (attempt: number) => number | undefined
  /**
   * Input bytes after which the n-th connection is cut; its shell hears nothing of it, as under a
   * runtime.
   */
  readonly cutSentAfter?: (attempt: number) => number | undefined
  /**
   * Output bytes after which the n-th connection ends as if its command had, with code 0: what a
   * server says that lost it.
   */
  readonly falseSuccessAfter?: (attempt: number) => number | undefined
  /** Refuse this many attempts as the server does while the container is not there. */
  readonly refuse?: number
  /** Say of this many attempts that there is no such pod. */
  readonly missing?: number
  /** Environment of the shell beside PATH, or instead of it. */
  readonly env?: NodeJS.ProcessEnv
  /** Changes what the n-th connection delivers. */
  readonly damage?: (attempt: number, output: ExecOutput) => ExecOutput
}

const error = (reason: KubeError["reason"]) => new KubeError({ operation: "Exec.open", subject: {}, reason })

/**
 * The layer, how many connections it has opened, and how many shells whose connection was cut were
 * ended by a signal.
 */
export const localExec = (options: LocalExecOptions = {}) => {
  const counts = { opened: 0, refused: 0, missing: 0, retired: 0 }
  const layer = Layer.succeed(
    Exec,
    Exec.of({
      open: Effect.fnUntraced(function* (request) {
        if (counts.refused < (options.refuse ?? 0)) {
          counts.refused++
          return yield* error({ _tag: "NotRunningYet", detail: "container not found" })
        }
        if (counts.missing < (options.missing ?? 0)) {
          counts.missing++
          return yield* error({ _tag: "NotFound", detail: "pods not found" })
        }
        counts.opened++
        const attempt = counts.opened
        const falseSuccess = options.falseSuccessAfter?.(attempt)
        const limit = options.cutAfter?.(attempt) ?? falseSuccess
        const [, ...args] = request.command
        const [shell = "sh", ...shellArgs] = options.shell ?? ["sh"]
        const child = spawn(shell, [...shellArgs, ...args], {
          stdio: "pipe",
          env: { ...process.env, ...options.env },
          // The leader of a process group, as an exec's shell is in a container.
          detached: true
        })
        const queue = yield* Queue.unbounded<ExecOutput, KubeError | Cause.Done>()
        const exited = yield* Deferred.make<number>()
        const sentLimit = options.cutSentAfter?.(attempt)
        const cut = { bytes: 0, sent: 0, done: false, unheard: false }
        child.stdin.on("error", () => undefined)
        const receive = (stream: "stdout" | "stderr") => (bytes: Uint8Array) => {
          if (cut.done) return
          const room = limit === undefined ? bytes.length : Math.max(0, limit - cut.bytes)
          cut.bytes += bytes.length
          const output = { stream, bytes: bytes.subarray(0, room) }
          if (output.bytes.length > 0) Queue.offerUnsafe(queue, options.damage?.(attempt, output) ?? output)
          if (limit !== undefined && cut.bytes >= limit) {
            cut.done = true
            child.stdin.destroy()
            if (falseSuccess === undefined) {
              Queue.failCauseUnsafe(queue, Cause.fail(error({ _tag: "Cut", detail: "1006" })))
            } else {
              Queue.endUnsafe(queue)
              Deferred.doneUnsafe(exited, Effect.succeed(0))
            }
          }
        }
        child.stdout.on("data", receive("stdout"))
        child.stderr.on("data", receive("stderr"))
        child.on("close", (code, signal) => {
          if (cut.unheard && signal !== null) counts.retired++
          if (!cut.done) Queue.endUnsafe(queue)
          Deferred.doneUnsafe(exited, Effect.succeed(code ?? 137))
        })
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            if (!cut.unheard) child.stdin.destroy()
          })
        )
        const channel: ExecChannel = {
          protocol: "v4.channel.k8s.io",
          send: Effect.fnUntraced(function* (bytes) {
            const room = sentLimit === undefined ? bytes.length : sentLimit - cut.sent
            cut.sent += bytes.length
            if (bytes.length > room) {
              cut.unheard = cut.done = true
              child.stdin.write(bytes.slice(0, room))
              const failure = error({ _tag: "Cut", detail: "1006" })
              Queue.failCauseUnsafe(queue, Cause.fail(failure))
              return yield* failure
            }
            yield* Effect.promise(async () => {
              if (child.stdin.destroyed || child.stdin.write(Buffer.from(bytes))) return
              const either = new AbortController()
              const { signal } = either
              await Promise.race([once(child.stdin, "drain", { signal }), once(child.stdin, "close", { signal })])
              either.abort()
            })
          }),
          // v4 cannot end stdin, so no session may need it (F5).
          closeStdin: Effect.die(new Error("a session ended its stdin")),
          output: Stream.fromQueue(queue),
          outcome: Effect.map(Deferred.await(exited), (code) => ({ _tag: "Exited" as const, code }))
        }
        return channel
      })
    })
  )
  return { layer, counts }
}
