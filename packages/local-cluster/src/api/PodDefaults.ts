/**
 * What the API server fills into a new pod. Pure. The defaults that a client or the kubelet of this
 * cluster may look at.
 */

import type { PodSpec, ValidContainer, ValidPodSpec } from "./PodValidation.ts"

/** As the server: a tag of `latest`, or none, is pulled always. */
const pullPolicy = (image: string): string => {
  const name = image.split("/").at(-1) ?? image
  if (name.includes("@")) return "IfNotPresent"
  const tag = name.split(":")[1] ?? "latest"
  return tag === "latest" ? "Always" : "IfNotPresent"
}

const container = (given: ValidContainer): ValidContainer => ({
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: pullPolicy(given.image ?? ""),
  ...given
})

/** The spec as it is stored. Limits are requests where there are none, as the server has it. */
export const defaultSpec = (spec: ValidPodSpec): ValidPodSpec => {
  const withRequests = (given: ValidContainer): ValidContainer => {
    const { resources } = given
    if (resources?.limits === undefined) return container(given)
    return container({
      ...given,
      resources: { ...resources, requests: { ...resources.limits, ...resources.requests } }
    })
  }
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"] ?? "default"
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
    preemptionPolicy: "PreemptLowerPriority",
    priority: 0,
    ...spec,
    serviceAccountName: account,
    serviceAccount: account,
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withRequests) }),
    containers: spec.containers.map(withRequests)
  }
}

/** The quality of service of a stored spec, which its resources decide. */
export const qosClass = (spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" => {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  const amounts = all.map(({ resources = {} }) => ({
    requests: resources.requests ?? {},
    limits: resources.limits ?? {}
  }))
  const kinds = ["cpu", "memory"]
  if (amounts.every(({ limits, requests }) => kinds.every((kind) => !requests[kind] && !limits[kind])))
    return "BestEffort"
  const guaranteed = amounts.every(({ limits, requests }) =>
    kinds.every((kind) => limits[kind] !== undefined && (requests[kind] ?? limits[kind]) === limits[kind])
  )
  return guaranteed ? "Guaranteed" : "Burstable"
}
