/**
 * Requests about pods and their events: method, path and the right to ask for follow from verb and
 * subject. Pure.
 */
import type { KubeOperation } from "../error/KubeMessage.ts"
import type { KubeRequest } from "./KubeRequest.ts"

const METHODS = { create: "POST", get: "GET", list: "GET", patch: "PATCH", delete: "DELETE" } as const

/** What a request is about. Without a namespace: all namespaces. */
export interface PodTarget {
  readonly namespace: string | undefined
  readonly name?: string
  readonly container?: string
  /** Default: the pod itself. */
  readonly subresource?: "log"
  /** Default: `pods`. */
  readonly resource?: "pods" | "events"
}

/**
 * Path of a namespace's pods or events, of one pod, or of something below it; without a namespace,
 * of all.
 */
const pathOf = (namespace: string | undefined, ...rest: ReadonlyArray<string>): string =>
  [
    namespace === undefined ? "/api/v1" : `/api/v1/namespaces/${encodeURIComponent(namespace)}`,
    ...rest.map(encodeURIComponent)
  ].join("/")

/** Path of one pod's `exec`, from the server's root. */
export const execPath = (namespace: string, pod: string): string => pathOf(namespace, "pods", pod, "exec")

/** A request by verb and target; parameters and a body are the caller's to add. */
export const podRequest = (operation: KubeOperation, verb: keyof typeof METHODS, target: PodTarget): KubeRequest => {
  const { container, name, namespace, resource = "pods", subresource } = target
  const isCollection = verb === "create" || verb === "list"
  const object = isCollection ? [] : [name, subresource].filter((part) => part !== undefined)
  return {
    operation,
    subject: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(container === undefined ? {} : { container })
    },
    access: {
      verb,
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace: namespace ?? ""
    },
    method: METHODS[verb],
    path: pathOf(namespace, resource, ...object)
  }
}
