/**
 * `$(NAME)` in commands, arguments and values, and where values come from. Pure, by the rules of
 * Kubernetes' `third_party/forked/golang/expansion`: `$$` is a dollar sign, and what names nothing
 * stays as it is written.
 */
import { Result } from "effect"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"

/** Replaces the references in a text. */
export const expand = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$(?:\$|\(([^)]*)\))/g, (reference, name: string | undefined) =>
    name === undefined ? "$" : (values.get(name) ?? reference)
  )

/** Every container's, when the image would have set nothing else. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const fieldValue = (pod: KubeletPod, path: string): string | undefined => {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (keyed) return pod.metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? ""
  switch (path) {
    case "metadata.name":
    case "metadata.namespace":
    case "metadata.uid":
      return pod.metadata[path.slice("metadata.".length) as "name" | "namespace" | "uid"]
    case "spec.nodeName":
      return pod.spec.nodeName ?? ""
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? ""
    case "status.podIP":
    case "status.hostIP":
      return "127.0.0.1"
    default:
      return undefined
  }
}

type Variable = NonNullable<ContainerSpec["env"]>[number]

const variableValue = (
  pod: KubeletPod,
  variable: Variable,
  earlier: ReadonlyMap<string, string>
): Result.Result<string | undefined, string> => {
  const source = variable.valueFrom
  if (source === undefined) return Result.succeed(expand(variable.value ?? "", earlier))
  if (source.fieldRef !== undefined) {
    const value = fieldValue(pod, source.fieldRef.fieldPath)
    return value === undefined
      ? Result.fail(`unsupported fieldPath: ${source.fieldRef.fieldPath}`)
      : Result.succeed(value)
  }
  for (const [kind, reference] of [
    ["configmap", source.configMapKeyRef],
    ["secret", source.secretKeyRef]
  ] as const) {
    if (reference === undefined) continue
    if (reference.optional === true) return Result.succeed(undefined)
    return Result.fail(`${kind} "${reference.name ?? ""}" not found`)
  }
  return Result.fail(`variable ${variable.name} takes its value from a source that a local cluster does not have`)
}

/**
 * The environment of a container, in the order of its variables; fails with the kubelet's words
 * when a value cannot be had. There are no ConfigMaps and Secrets here.
 */
export const containerEnvironment = (
  pod: KubeletPod,
  container: ContainerSpec,
  home: string
): Result.Result<ReadonlyMap<string, string>, string> => {
  const values = new Map([
    ["PATH", PATH],
    ["HOSTNAME", pod.metadata.name],
    ["HOME", home]
  ])
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined && configMapRef.optional !== true)
      return Result.fail(`configmap "${configMapRef.name ?? ""}" not found`)
    if (secretRef !== undefined && secretRef.optional !== true)
      return Result.fail(`secret "${secretRef.name ?? ""}" not found`)
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(pod, variable, values)
    if (Result.isFailure(value)) return Result.fail(value.failure)
    if (value.success !== undefined) values.set(variable.name, value.success)
  }
  return Result.succeed(values)
}
