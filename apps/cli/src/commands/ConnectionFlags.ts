/** Flags of every command that talks to a cluster, and the options they stand for. */
import { Option } from "effect"
import { Flag } from "effect/cli"

export const connectionFlags = {
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription(
      "Kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod that podwright runs in"
    ),
    Flag.optional
  ),
  context: Flag.String("context").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Context of the kubeconfig; default: its current-context"),
    Flag.optional
  )
}

/** Where to look for the cluster, as the libraries take it: what is not given is absent. */
export const connectionOptions = (flags: {
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
}): { readonly kubeconfig?: string; readonly context?: string } => ({
  ...(Option.isSome(flags.kubeconfig) ? { kubeconfig: flags.kubeconfig.value } : {}),
  ...(Option.isSome(flags.context) ? { context: flags.context.value } : {})
})
