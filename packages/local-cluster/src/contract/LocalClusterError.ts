/**
 * The one error of this package: why there is no cluster, in a sentence that says what to do
 * instead.
 */
import { Schema } from "effect"

/** This is not Linux, which alone has the namespaces and bind mounts. */
export class NotLinux extends Schema.TaggedClass<NotLinux>()("NotLinux", { platform: Schema.String }) {}

/** A program that creates containers is not installed. */
export class ToolMissing extends Schema.TaggedClass<ToolMissing>()("ToolMissing", { tool: Schema.String }) {}

/** The kernel or a security module refused; `detail` has the tool's own words. */
export class NamespacesRefused extends Schema.TaggedClass<NamespacesRefused>()("NamespacesRefused", {
  detail: Schema.String
}) {}

/** An address that others could reach. */
export class AddressRefused extends Schema.TaggedClass<AddressRefused>()("AddressRefused", {
  address: Schema.String
}) {}

/** The server cannot listen. */
export class ListenFailed extends Schema.TaggedClass<ListenFailed>()("ListenFailed", {
  address: Schema.String,
  port: Schema.Finite,
  detail: Schema.String
}) {}

/** Why a cluster cannot start, one tag for each cause. */
export const LocalClusterReason = Schema.Union([NotLinux, ToolMissing, NamespacesRefused, AddressRefused, ListenFailed])
export type LocalClusterReason = typeof LocalClusterReason.Type

const INSTEAD = "use a real cluster by setting KUBECONFIG"

const explain = (reason: LocalClusterReason): string => {
  switch (reason._tag) {
    case "NotLinux":
      return `the local cluster runs containers as Linux processes and this is ${reason.platform}: ${INSTEAD}, or run in a Linux virtual machine`
    case "ToolMissing":
      return `the local cluster needs the program '${reason.tool}' (package util-linux): install it, or ${INSTEAD}`
    case "NamespacesRefused":
      return `the local cluster may not create user and mount namespaces here (${reason.detail}): run as root, allow unprivileged user namespaces, or ${INSTEAD}`
    case "AddressRefused":
      return `a local cluster listens on loopback addresses only, because its containers are processes of this machine and are not kept apart for security: use 127.0.0.1 or ::1, not ${reason.address}`
    case "ListenFailed":
      return `the local cluster cannot listen on ${reason.address} port ${reason.port}: ${reason.detail}; choose another port, or none for a free one`
  }
}

/** A cluster did not start; the message says why, and what to do or to use instead. */
export class LocalClusterError extends Schema.TaggedError<LocalClusterError>()("LocalClusterError", {
  /** What was being done, e.g. `start`. */
  operation: Schema.String,
  reason: LocalClusterReason
}) {
  override get message(): string {
    return explain(this.reason)
  }

  /** Always false: none of the reasons goes away by itself. */
  get retryable(): boolean {
    return false
  }
}
