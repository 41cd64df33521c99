/**
 * Named pipes for the streams of processes. Node's own pipes are socket pairs, which nothing can
 * open by name, and `echo x >/dev/stderr` does just that. Runs mkfifo(1); a fifo has no name any
 * more once both ends are open.
 */
import { execFile } from "node:child_process"
import { closeSync, constants, openSync, unlinkSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import { Effect, Semaphore } from "effect"

/** Names made at once: one start of mkfifo (about 1 ms) then serves 32 containers. */
const BATCH = 64

/** A pipe from a process: `end` is to be given to it and closed here. */
export interface OutputPipe {
  readonly end: number
  readonly reader: Socket
}

/** A pipe to a process. */
export interface InputPipe {
  readonly end: number
  readonly writer: Socket
}

export interface Fifos {
  readonly output: Effect.Effect<OutputPipe>
  readonly input: Effect.Effect<InputPipe>
}

/** Fifos in a folder, which nobody else uses. */
export const makeFifos = (folder: string): Fifos => {
  const names: Array<string> = []
  const making = Semaphore.makeUnsafe(1)
  let made = 0
  const mkfifo = Effect.callback<void>((resume) => {
    const batch = Array.from({ length: BATCH }, () => join(folder, String(made++)))
    execFile("mkfifo", ["-m", "666", ...batch], (error) => {
      if (error === null) names.push(...batch)
      resume(error === null ? Effect.void : Effect.die(error))
    })
  })
  const name = making.withPermit(
    Effect.suspend(() => (names.length === 0 ? mkfifo : Effect.void)).pipe(Effect.map(() => names.pop() ?? ""))
  )
  return {
    output: Effect.map(name, (path) => {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const end = openSync(path, constants.O_WRONLY)
      unlinkSync(path)
      return { end, reader: new Socket({ fd, readable: true, writable: false }) }
    }),
    input: Effect.map(name, (path) => {
      // Held open both ways, a fifo lets each end open without waiting for the other; the process'
      // end must block.
      const both = openSync(path, constants.O_RDWR)
      const end = openSync(path, constants.O_RDONLY)
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      closeSync(both)
      unlinkSync(path)
      return { end, writer: new Socket({ fd, readable: false, writable: true }) }
    })
  }
}
