/**
 * What this node knows of its pods: their age, their volumes' folders, and the newest instance of
 * each container with its log. Makes and removes folders below the cluster's state folder; starts
 * nothing.
 */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import { type ContainerMount, makeBelow, makeFolder } from "../sandbox/ContainerRoot.ts"
import type { SandboxContainer } from "../sandbox/Sandbox.ts"
import { ContainerLog } from "./ContainerLog.ts"
import type { PlannedMount } from "./ContainerPlan.ts"

/** The newest instance of a container. */
export interface KnownContainer {
  readonly log: ContainerLog
  /** Undefined once it has ended. */
  running: SandboxContainer | undefined
}

interface KnownPod {
  /** Its place in the order in which pods came. */
  readonly age: number
  readonly containers: Map<string, KnownContainer>
  /** Folder by volume name. */
  readonly volumes: Map<string, string>
  readonly logs: Array<string>
}

export class NodePods {
  readonly #folder: string
  readonly #pods = new Map<string, KnownPod>()
  #came = 0

  /** `folder`: the cluster's state folder; the paths below are relative to it. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The pod's place in the order in which pods came, which it gets when it is asked for first. */
  age(uid: string): number {
    return this.#known(uid).age
  }

  /**
   * The newest instance of a container; undefined when it never started or the pod is forgotten.
   */
  container(uid: string, name: string): KnownContainer | undefined {
    return this.#pods.get(uid)?.containers.get(name)
  }

  /**
   * Makes the mounts of a container, and the volumes' folders when the first container needs them.
   * Throws what the file system says.
   */
  mounts(uid: string, planned: ReadonlyArray<PlannedMount>): ReadonlyArray<ContainerMount> {
    return planned.map(({ mountPath, readOnly, subPath, volume }) => {
      const source = this.#volume(uid, volume)
      makeBelow(join(this.#folder, source), subPath, "folder", 0o777)
      return { source: join(source, subPath), mountPath, readOnly }
    })
  }

  /** Begins the log of a container's new instance, in a file of this path. */
  begin(uid: string, name: string, logFile: string): KnownContainer {
    const known = this.#known(uid)
    const container: KnownContainer = { log: new ContainerLog(join(this.#folder, logFile)), running: undefined }
    known.logs.push(logFile)
    known.containers.set(name, container)
    return container
  }

  /** Forgets a pod, and removes its logs and volumes. */
  forget(uid: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const known = this.#pods.get(uid)
      this.#pods.delete(uid)
      const paths = [...(known?.volumes.values() ?? []), ...(known?.logs ?? [])]
      return Effect.forEach(paths, (path) => this.remove(path), { discard: true })
    })
  }

  /**
   * Removes a file or folder. One that an ordinary user's container closed to its owner stays until
   * the sandbox ends.
   */
  remove(path: string): Effect.Effect<void> {
    return Effect.tryPromise(() => rm(join(this.#folder, path), { recursive: true, force: true })).pipe(
      Effect.catch((error) => Effect.logDebug(`${path} stays until the cluster ends: ${error.cause}`))
    )
  }

  #known(uid: string): KnownPod {
    const found = this.#pods.get(uid)
    if (found !== undefined) return found
    const known: KnownPod = { age: ++this.#came, containers: new Map(), volumes: new Map(), logs: [] }
    this.#pods.set(uid, known)
    return known
  }

  #volume(uid: string, name: string): string {
    const { volumes } = this.#known(uid)
    const found = volumes.get(name)
    if (found !== undefined) return found
    const source = `volumes/${uid}-${name}`
    makeFolder(join(this.#folder, source), 0o777)
    volumes.set(name, source)
    return source
  }
}
