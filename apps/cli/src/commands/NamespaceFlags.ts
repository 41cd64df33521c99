/** The flag of every command that looks at one namespace's pods. */
import { Flag } from "effect/cli"

export const namespace = Flag.String("namespace").pipe(
  Flag.withAlias("n"),
  Flag.withMetavar("NAME"),
  Flag.withDescription("Namespace to look in; default: the namespace of the context"),
  Flag.optional
)
