/** Ends the process with a code of ours, silently: what there is to say has been said. */
import { Runtime, Schema } from "effect"

export class CommandExit extends Schema.TaggedError<CommandExit>()("CommandExit", { code: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false

  override get message(): string {
    return `exit code ${this.code}`
  }
}
