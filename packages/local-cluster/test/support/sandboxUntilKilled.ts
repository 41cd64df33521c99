/**
 * A process of its own with a sandbox and containers, for a test to kill. Says where they are, as
 * JSON.
 */
import { readlinkSync } from "node:fs"
import { Effect } from "effect"
import { makeSandbox } from "../../src/sandbox/Sandbox.ts"
import { startContainer } from "./containers.ts"

const program = Effect.gen(function* () {
  const sandbox = yield* makeSandbox
  const shell = ["sh", "-c", "trap '' TERM INT HUP; (sleep 1000 & sleep 1000 &) ; while :; do sleep 1000; done"]
  const container = yield* startContainer(sandbox, shell)
  yield* sandbox.exec(container, ["sleep", "1000"])
  const namespace = readlinkSync(`/proc/${container.pid}/ns/user`)
  process.stdout.write(JSON.stringify({ folder: sandbox.folder, namespace }))
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program))
