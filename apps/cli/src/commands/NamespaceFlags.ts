/** The flag of every command that looks at one namespace's pods. */
import { Flag } from "effect/cli"

/** The flag itself; a name that no namespace has is refused before a server is asked. */
export const namespaceName = Flag.String("namespace").pipe(
  Flag.withAlias("n"),
  Flag.withMetavar("NAME"),
  Flag.filter(
    (name) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name),
    () => "a namespace (a-z, 0-9 and -, at most 63)"
  )
)

export const namespace = namespaceName.pipe(
  Flag.withDescription("Namespace to look in; default: the namespace of the context"),
  Flag.optional
)
