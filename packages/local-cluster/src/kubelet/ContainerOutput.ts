/**
 * What a container leaves: its output, which goes to its log, and its termination message. Reads
 * the sandbox's streams and one file.
 */
import { closeSync, openSync, readSync } from "node:fs"
import { Deferred, Effect, Exit } from "effect"
import type { SandboxContainer } from "../sandbox/Sandbox.ts"
import type { ContainerLog } from "./ContainerLog.ts"
import type { ContainerSpec } from "./KubeletPod.ts"

/** A kubelet's limits for a message that a container leaves. */
const MESSAGE_BYTES = 4096
const FALLBACK_BYTES = 2048
const FALLBACK_LINES = 80

/**
 * Writes all output of a container to its log, beginning at once; the effect completes at the end
 * of both streams.
 */
export const keepLog = (log: ContainerLog, running: SandboxContainer): Effect.Effect<void> => {
  const streams = (["stdout", "stderr"] as const).map((stream) => {
    // Not `streamEnd`: a socket calls itself closed before those who listen for it have heard, and
    // the log's last line is then missing.
    const finished = Deferred.makeUnsafe<void>()
    running[stream].on("data", (chunk: Buffer) => log.append(stream, chunk))
    running[stream].once("close", () => {
      log.finish(stream)
      Deferred.doneUnsafe(finished, Exit.void)
    })
    return Deferred.await(finished)
  })
  return Effect.all(streams, { discard: true })
}

const readMessage = (path: string): string => {
  const file = openSync(path, "r")
  const bytes = Buffer.alloc(MESSAGE_BYTES)
  const length = readSync(file, bytes, 0, MESSAGE_BYTES, 0)
  closeSync(file)
  return bytes.subarray(0, length).toString("utf8")
}

/**
 * The message of a container that ended: the text of its termination file, or the end of its log
 * where the file is empty, the container failed and its policy falls back to logs.
 */
export const endMessage = (container: ContainerSpec, file: string, log: ContainerLog, exitCode: number): string => {
  const left = readMessage(file)
  const fallsBack = container.terminationMessagePolicy === "FallbackToLogsOnError"
  if (left !== "" || exitCode === 0 || !fallsBack) return left
  return log.tail(FALLBACK_BYTES, FALLBACK_LINES)
}
