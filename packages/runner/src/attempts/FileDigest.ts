/** SHA-256 of files, computed while they are read: memory does not grow with the file. */
import { createHash } from "node:crypto"
import { Effect, FileSystem, Stream } from "effect"

/** A file's bytes, and their digest in hexadecimal once the stream has ended. */
export const hashedFile = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  return {
    stream: Stream.tap(fs.stream(path), (chunk) => Effect.sync(() => hash.update(chunk))),
    digest: Effect.sync(() => hash.digest("hex"))
  }
})

/** A file's SHA-256 in hexadecimal. */
export const sha256OfFile = Effect.fnUntraced(function* (path: string) {
  const { digest, stream } = yield* hashedFile(path)
  yield* Stream.runDrain(stream)
  return yield* digest
})
