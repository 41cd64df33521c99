/**
 * The subprotocols of Kubernetes' exec over WebSocket that this package speaks, and what each of
 * them can do. Pure. Facts: KEP-4006 and apimachinery `pkg/util/remotecommand/constants.go`.
 */

/** A subprotocol's name, as it is offered and chosen in the handshake. */
export type ExecProtocol = "v5.channel.k8s.io" | "v4.channel.k8s.io"

const PROTOCOLS: Readonly<Record<ExecProtocol, { readonly canCloseStdin: boolean }>> = {
  "v5.channel.k8s.io": { canCloseStdin: true },
  // every supported server speaks it; it has no message that ends stdin
  "v4.channel.k8s.io": { canCloseStdin: false }
}

/**
 * In the order in which they are offered when a request names none: what can do most comes first.
 */
export const ALL_PROTOCOLS: ReadonlyArray<ExecProtocol> = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

/** Is this a subprotocol that this package speaks? */
export const isExecProtocol = (text: string): text is ExecProtocol => Object.hasOwn(PROTOCOLS, text)

/** Can the end of stdin be sent, with the exec still open? */
export const canCloseStdin = (protocol: ExecProtocol): boolean => PROTOCOLS[protocol].canCloseStdin
