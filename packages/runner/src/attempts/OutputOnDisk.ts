/**
 * An output file where a task has put it, by its path in a result. Uses `node:fs` itself: the file
 * system service takes no bytes, which a name may be.
 */
import { access, mkdir, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { outputPath, outputPathIn } from "@podwright/file-sync"
import { failureDetail } from "@podwright/k8s-io"
import { Effect } from "effect"
import { sha256OfFile } from "./FileDigest.ts"
import { StoreError } from "./StoreError.ts"

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, StoreError> =>
  Effect.tryPromise({ try: work, catch: (error) => new StoreError({ detail: failureDetail(error) }) })

/** Whether anybody may execute the file. */
export const isExecutable = (path: string): Effect.Effect<boolean, StoreError> =>
  Effect.map(
    attempt(() => stat(outputPath(path))),
    ({ mode }) => (mode & 0o111) !== 0
  )

/** Its SHA-256 in hexadecimal; undefined where it is not there. */
export const digestOfOutput = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<string | undefined, StoreError> {
  const bytes = outputPath(path)
  const isThere = yield* Effect.promise(() =>
    access(bytes).then(
      () => true,
      () => false
    )
  )
  return isThere ? yield* sha256OfFile(bytes) : undefined
})

/** Moves a file into the output folder under this name, and returns its path there. */
export const moveOutput = Effect.fnUntraced(function* (
  from: string,
  directory: string,
  name: string
): Effect.fn.Return<string, StoreError> {
  const path = outputPathIn(directory, name)
  yield* attempt(() => mkdir(outputPath(dirname(path)), { recursive: true }))
  yield* attempt(() => rename(from, outputPath(path)))
  return path
})

/** Removes the file, if it is there. */
export const removeOutput = (path: string): Effect.Effect<void, StoreError> =>
  attempt(() => rm(outputPath(path), { force: true }))
