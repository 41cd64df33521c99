/**
 * SHA-256 of files, computed while they are read: memory does not grow with the file. Paths are
 * `node:fs`' own, since the file system service takes no bytes, which the name of an output may be.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { failureDetail } from "@podwright/k8s-io"
import { Effect, Stream } from "effect"
import { StoreError } from "./StoreError.ts"

/** A file's bytes, and their digest in hexadecimal once the stream has ended. */
export const hashedFile = (path: string | Buffer) => {
  const hash = createHash("sha256")
  const bytes = Stream.suspend(() =>
    Stream.fromAsyncIterable<Uint8Array, StoreError>(
      createReadStream(path),
      (error) => new StoreError({ detail: failureDetail(error) })
    )
  )
  return {
    stream: Stream.tap(bytes, (chunk) => Effect.sync(() => hash.update(chunk))),
    digest: Effect.sync(() => hash.digest("hex"))
  }
}

/** A file's SHA-256 in hexadecimal. */
export const sha256OfFile = Effect.fnUntraced(function* (path: string | Buffer) {
  const { digest, stream } = hashedFile(path)
  yield* Stream.runDrain(stream)
  return yield* digest
})
