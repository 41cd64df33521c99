/**
 * Writes to this process's stdout and stderr, waiting while they are full: a slow reader slows the
 * run, not memory.
 */
import { Effect, Schema } from "effect"

/** The reader of our output closed it (`podwright run … | head`). */
export class OutputClosed extends Schema.TaggedError<OutputClosed>()("OutputClosed", { detail: Schema.String }) {
  override get message(): string {
    return `the output cannot be written: ${this.detail}`
  }
}

// The callback of a write reports its failure; the event that comes as well would end the process
// and abandon the pod.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)

/** Of this process: what is hidden stays hidden, whoever writes. */
let mask = (text: string): string => text

/** Hides something in every text that is written from now on. */
export const maskOutput = (hide: (text: string) => string): void => {
  mask = hide
}

/** The text as it may be written. */
export const masked = (text: string): string => mask(text)

const write = (stream: NodeJS.WriteStream, text: string | Uint8Array): Effect.Effect<void, OutputClosed> =>
  Effect.callback<void, OutputClosed>((resume) => {
    stream.write(typeof text === "string" ? masked(text) : text, (error) =>
      resume(error ? Effect.fail(new OutputClosed({ detail: error.message })) : Effect.void)
    )
  })

export const writeStdout = (text: string) => write(process.stdout, text)

/**
 * Writes a text in parts, each made when the one before is written, so that memory never holds the
 * whole. Nothing else may be written meanwhile.
 */
export const writeStdoutParts = Effect.fnUntraced(function* (parts: Iterable<string>) {
  for (const part of parts) yield* writeStdout(part)
})

export const writeStderr = (text: string) => write(process.stderr, text)

/** Bytes of another program's, as they are: commands that print such know no secrets to hide. */
export const writeStdoutBytes = (bytes: Uint8Array) => write(process.stdout, bytes)

/** As `writeStdoutBytes`. */
export const writeStderrBytes = (bytes: Uint8Array) => write(process.stderr, bytes)
