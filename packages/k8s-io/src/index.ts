/**
 * The Kubernetes API for one-pod tasks. `kubeLayer` gives every service over one connection; each
 * service asks the API server for one kind of thing and fails with a `KubeError`.
 *
 * ```ts
 * const phase = Effect.gen(function* () {
 *   const pods = yield* Pods
 *   return (yield* pods.get("team", "etl-1")).status?.phase
 * }).pipe(Effect.provide(kubeLayer({ context: "staging" })))
 * ```
 */

// A connection and everything over it: which cluster, as whom, and which fields to name when the
// server refuses.

export { KubeConnection, type KubeConnectionOptions, type WebSocketOptions } from "./client/KubeConnection.ts"
export { requestPatienceSeconds } from "./client/KubeRequest.ts"
export type { ServerNotice } from "./client/ServerSilence.ts"
export type { ConnectionConfig, TokenProvider } from "./config/ConnectionConfig.ts"
export { withConnectionHint } from "./config/ConnectionHint.ts"
export { type KubeLayerOptions, kubeLayer, kubeLayerNoConnection } from "./KubeLayer.ts"

// Pods: requests, the shared watch, what scheduler and kubelet report about them, and their logs.

export type { ContainerState, ContainerStatus, KubeEvent, Pod } from "./pods/Pod.ts"
export { PodEvents } from "./pods/PodEvents.ts"
export { PodLog, type PodLogRequest } from "./pods/PodLog.ts"
export { type PodAnnotation, type PodDeletion, type PodList, type PodSelection, Pods } from "./pods/Pods.ts"
export { PodWatch, type PodWatchOptions } from "./pods/PodWatch.ts"
export type { PodChange, WatchChange } from "./pods/PodWatchStep.ts"

// Commands in a running container: bytes in, bytes out, and how the command ended.

export { Exec, type ExecRequest } from "./exec/Exec.ts"
export type { ExecChannel, ExecOutcome, ExecOutput } from "./exec/ExecChannel.ts"
export type { ExecProtocol } from "./exec/ExecProtocol.ts"

// Rights: what a run needs, who we are, which rights we have, and the Role that grants them.

export {
  isAskedFor,
  operatorPermissions,
  type Permission,
  permissions,
  type RolePurpose,
  type RoleRequest,
  type RoleRule,
  type RoleSubject,
  roleManifests,
  roleRules,
  roleSubject
} from "./access/Access.ts"
export { AccessReview, type ReviewedPermission } from "./access/AccessReview.ts"
export { type ServerVersion, testedMinor, type VersionVerdict, versionVerdict } from "./access/ServerVersion.ts"

// Errors: one class, its reasons as a namespace (`KubeReason.Forbidden`), and what follows from
// them.

export { KubeError } from "./error/KubeError.ts"
export type { KubeOperation, KubeSubject } from "./error/KubeMessage.ts"
export * as KubeReason from "./error/KubeReason.ts"
export type { KubeStatus } from "./error/KubeStatus.ts"
export { isRbacRefusal } from "./error/ReasonClass.ts"
export { failureDetail } from "./error/TransportFailure.ts"
