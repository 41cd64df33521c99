/** Flags of every command that talks to a cluster. */
import { Flag } from "effect/cli"

export const connectionFlags = {
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription("Default: KUBECONFIG, ~/.kube/config, or the pod we run in"),
    Flag.optional
  ),
  context: Flag.String("context").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Context of the kubeconfig; default: its current-context"),
    Flag.optional
  )
}
