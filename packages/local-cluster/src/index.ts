/**
 * A Kubernetes API in this process, whose containers are processes of this machine. Start with
 * `LocalCluster.start`.
 */

// What a limited user may do
export type { PolicyRule } from "./api/Access.ts"
// Why a cluster cannot start: `error.reason._tag` names the reason
export { LocalClusterError, LocalClusterReason } from "./contract/LocalClusterError.ts"
// The cluster and its options
export { type LimitedUser, LocalCluster, type LocalClusterOptions } from "./LocalCluster.ts"
