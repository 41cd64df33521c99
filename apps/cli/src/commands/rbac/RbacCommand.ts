/**
 * `podwright rbac`: the least that somebody must be granted to run tasks, or to operate the runs of
 * others, as YAML, without a cluster.
 */

import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { reportError } from "../../report/TextReport.ts"
import { namespaceName } from "../NamespaceFlags.ts"
import { OPERATOR_ROLE_NAME, ROLE_NAME } from "../RoleName.ts"

/**
 * A DNS subdomain, as service accounts must be; with `NAMESPACE:` before it when it is of another
 * namespace.
 */
const ACCOUNT = /^(?:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/

const flags = {
  namespace: namespaceName.pipe(Flag.withDescription("Namespace that runs use"), Flag.withDefault("default")),
  serviceAccount: Flag.String("service-account").pipe(
    Flag.withMetavar("[NAMESPACE:]NAME"),
    Flag.withDescription("Service account that runs tasks; default: podwright, of the same namespace"),
    Flag.filter(
      (name) => ACCOUNT.test(name),
      () => `[NAMESPACE:]NAME`
    ),
    Flag.optional
  ),
  for: Flag.Literals("for", ["runs", "operator"]).pipe(
    Flag.withDescription(
      "runs: to run tasks; operator: to see the runs of others, read their logs, look into them and cancel them (ps, logs, cancel, …), without creating pods"
    ),
    Flag.withDefault("runs")
  ),
  user: Flag.String("user").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("User who runs tasks, by the name that the server knows (`podwright doctor` shows it)"),
    Flag.filter(
      (name) => name !== "",
      () => "the name of a user, not ''"
    ),
    Flag.optional
  )
}

export const rbac = Command.make(
  "rbac",
  flags,
  Effect.fn("cli.rbac")(function* ({ for: purpose, namespace, serviceAccount, user }) {
    if (Option.isSome(serviceAccount) && Option.isSome(user)) {
      yield* writeStderr(reportError(["give --service-account or --user, not both"]).text)
      return yield* new CommandExit({ code: BAD_INPUT })
    }
    // Loaded here, as for `run` and `render`.
    const { roleManifests } = yield* Effect.promise(() => import("@podwright/k8s-io"))
    const { objectsYaml } = yield* Effect.promise(() => import("../render/ManifestYaml.ts"))
    const [, accountNamespace = namespace, account = "podwright"] =
      ACCOUNT.exec(Option.getOrElse(serviceAccount, () => "podwright")) ?? []
    const name = purpose === "operator" ? OPERATOR_ROLE_NAME : ROLE_NAME
    const subject = Option.match(user, {
      onNone: () => ({ _tag: "ServiceAccount", name: account, namespace: accountNamespace }) as const,
      onSome: (name) => ({ _tag: "User", name }) as const
    })
    yield* writeStdout(objectsYaml(roleManifests({ name, namespace, subject, purpose })))
  })
).pipe(
  Command.withDescription(
    "Print the Role that runs need, or with --for operator the Role for seeing and cancelling the runs of others, and a RoleBinding to an account or user, as YAML for `kubectl apply -f -`. Needs no cluster"
  )
)
