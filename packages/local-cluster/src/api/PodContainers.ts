/**
 * Which container of a pod a log or exec request means, and why one is not there yet. Pure.
 */
import { Result } from "effect"
import { type ApiStatus, badRequest } from "./ApiStatus.ts"
import type { StoredPod } from "./StoredObject.ts"

/** The container's name; one need not be named where there is only one. */
export const chooseContainer = (
  { metadata, spec }: StoredPod,
  named: string | null
): Result.Result<string, ApiStatus> => {
  const names = spec.containers.map(({ name }) => name)
  const inits = (spec.initContainers ?? []).map(({ name }) => name)
  const pod = metadata.name
  if (named !== null && named !== "") {
    if ([...names, ...inits].includes(named)) return Result.succeed(named)
    return Result.fail(badRequest(`container ${named} is not valid for pod ${pod}`))
  }
  const [only] = names
  if (only !== undefined && names.length + inits.length === 1) return Result.succeed(only)
  const others = inits.length === 0 ? "" : ` or one of the init containers: [${inits.join(" ")}]`
  return Result.fail(
    badRequest(`a container name must be specified for pod ${pod}, choose one of: [${names.join(" ")}]${others}`)
  )
}

/** Why a container that never started has no log. */
export const waitingReason = ({ status }: StoredPod, container: string): string => {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  return all.find(({ name }) => name === container)?.state.waiting?.reason ?? "ContainerCreating"
}
