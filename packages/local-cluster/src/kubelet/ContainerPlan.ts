/**
 * What a container's process starts with, as its spec and its pod's say. Pure; which folder a
 * volume is, is not known here.
 */
import { Result } from "effect"
import type { ProcessLaunch } from "../sandbox/SandboxScript.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"
import { processUser } from "./ProcessUser.ts"
import { containerEnvironment, expand } from "./VariableExpansion.ts"

/** Why a container cannot be made: what a kubelet waits with. */
export interface NotMade {
  readonly reason: string
  readonly message: string
}

export interface PlannedMount {
  readonly volume: string
  /** Below the volume's folder; empty for the folder itself. */
  readonly subPath: string
  readonly mountPath: string
  readonly readOnly: boolean
}

export interface ContainerPlan {
  readonly hostname: string
  readonly mounts: ReadonlyArray<PlannedMount>
  readonly readOnlyRoot: boolean
  readonly terminationMessagePath: string
  readonly launch: ProcessLaunch
}

/** A host's name is a label of a domain's (RFC 1035). */
const HOSTNAME_LIMIT = 63

const plannedMounts = (
  pod: KubeletPod,
  container: ContainerSpec
): Result.Result<ReadonlyArray<PlannedMount>, NotMade> => {
  const mounts: Array<PlannedMount> = []
  for (const { mountPath, name, readOnly = false, subPath = "" } of container.volumeMounts ?? []) {
    if (pod.spec.volumes?.find((one) => one["name"] === name)?.["emptyDir"] === undefined) {
      const message = `volume "${name}": a local cluster has only emptyDir volumes`
      return Result.fail({ reason: "ContainerCreating", message })
    }
    if (subPath.split("/").includes(".."))
      return Result.fail({ reason: "CreateContainerConfigError", message: "subPath must not contain '..'" })
    mounts.push({ volume: name, subPath, mountPath, readOnly })
  }
  return Result.succeed(mounts)
}

const commandLine = (
  container: ContainerSpec,
  env: ReadonlyMap<string, string>
): Result.Result<ReadonlyArray<string>, NotMade> => {
  const trouble = imageTrouble(container.image ?? "")
  const program = container.command ?? (trouble._tag === "Entrypoint" ? trouble.argv : [])
  if (program.length > 0)
    return Result.succeed([...program, ...(container.args ?? [])].map((word) => expand(word, env)))
  return Result.fail({
    reason: "CreateContainerError",
    message:
      "no command specified: a local cluster pulls no images, so it does not know the entrypoint; give the container a command"
  })
}

/** Plans a container, or says why there can be none. */
export const planContainer = (pod: KubeletPod, container: ContainerSpec): Result.Result<ContainerPlan, NotMade> =>
  Result.gen(function* () {
    const user = processUser(pod, container)
    const env = yield* Result.mapError(
      containerEnvironment(pod, container, user.uid === 0 ? "/root" : "/"),
      (message): NotMade => ({ reason: "CreateContainerConfigError", message })
    )
    const mounts = yield* plannedMounts(pod, container)
    const argv = yield* commandLine(container, env)
    return {
      hostname: pod.metadata.name.slice(0, HOSTNAME_LIMIT),
      mounts,
      readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
      terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
      launch: { argv, env, workingDir: container.workingDir || "/", user }
    }
  })
