/** A process of its own that tries to make a sandbox and prints why it could not. */
import { Effect } from "effect"
import { makeSandbox } from "../../src/sandbox/Sandbox.ts"

const attempt = Effect.scoped(makeSandbox).pipe(
  Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "made" })
)
process.stdout.write(await Effect.runPromise(attempt))
