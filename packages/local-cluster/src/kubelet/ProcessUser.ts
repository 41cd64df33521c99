/**
 * Who a container's programs run as, by its security context and its pod's. Pure.
 */

import type { ProcessUser } from "../sandbox/SandboxScript.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"

/** What containerd gives a container that asks for nothing (its default capabilities). */
const DEFAULT_CAPABILITIES = [
  "audit_write",
  "chown",
  "dac_override",
  "fowner",
  "fsetid",
  "kill",
  "mknod",
  "net_bind_service",
  "net_raw",
  "setfcap",
  "setgid",
  "setpcap",
  "setuid",
  "sys_chroot"
]

const normal = (name: string): string => name.toLowerCase().replace(/^cap_/, "")

/**
 * A container's own settings go before the pod's; without any it is root, as nobody knows the
 * image's user.
 */
export const processUser = (pod: KubeletPod, container: ContainerSpec): ProcessUser => {
  const own = container.securityContext
  const shared = pod.spec.securityContext
  const drop = new Set((own?.capabilities?.drop ?? []).map(normal))
  const kept = DEFAULT_CAPABILITIES.filter((name) => !drop.has("all") && !drop.has(name))
  return {
    uid: own?.runAsUser ?? shared?.runAsUser ?? 0,
    gid: own?.runAsGroup ?? shared?.runAsGroup ?? 0,
    groups: [...(shared?.fsGroup === undefined ? [] : [shared.fsGroup]), ...(shared?.supplementalGroups ?? [])],
    capabilities: [
      ...new Set([...kept, ...(own?.capabilities?.add ?? []).map(normal).filter((name) => name !== "all")])
    ],
    noNewPrivileges: own?.allowPrivilegeEscalation === false
  }
}
