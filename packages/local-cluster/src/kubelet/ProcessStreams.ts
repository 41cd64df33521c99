/**
 * The streams of a sandbox's processes as effects: read as they are wanted, written as they are
 * taken.
 */
import type { Socket } from "node:net"
import { Effect, Stream } from "effect"
import type { RunningExec } from "../contract/Runtime.ts"
import type { SandboxExec } from "../sandbox/Sandbox.ts"

const bytesOf = (socket: Socket, stream: "stdout" | "stderr") =>
  Stream.fromAsyncIterable(socket as AsyncIterable<Uint8Array>, (cause) => cause).pipe(
    Stream.orDie,
    Stream.map((bytes) => ({ stream, bytes }))
  )

/** A started program with back-pressure both ways. */
export const runningExec = ({ ended, stderr, stdin, stdout }: SandboxExec): RunningExec => {
  // A program may end without having read everything.
  stdin.on("error", () => stdin.destroy())
  return {
    write: (bytes) =>
      Effect.callback<void>((resume) => {
        if (stdin.destroyed) return resume(Effect.void)
        stdin.write(bytes, () => resume(Effect.void))
      }),
    closeStdin: Effect.sync(() => {
      stdin.end()
    }),
    output: Stream.merge(bytesOf(stdout, "stdout"), bytesOf(stderr, "stderr")),
    exitCode: ended
  }
}
