/**
 * A memory limit for a container's processes, by a cgroup of version 1 or 2, where this user may
 * make one. Makes, reads and removes folders below /sys/fs/cgroup.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule, type Scope } from "effect"

export interface MemoryCgroup {
  /** A process joins by writing its id to `cgroup.procs` in here. */
  readonly folder: string
  /** How many processes the kernel has killed for the limit. */
  readonly kills: () => number
  /** Removes it, once its processes have ended. */
  readonly remove: Effect.Effect<void>
}

export interface MemoryCgroups {
  /** A new cgroup with a limit in bytes. */
  readonly make: (name: string, bytes: number) => MemoryCgroup
}

const ROOT = "/sys/fs/cgroup"

interface Version {
  /** Where a cgroup for this cluster can be made. */
  readonly parent: string
  readonly prepare: (folder: string) => void
  readonly limit: (folder: string, bytes: number) => void
  readonly killsFile: string
}

const write = (folder: string, file: string, value: string | number): void =>
  writeFileSync(join(folder, file), String(value))

/** Without swap accounting the file is not there, and memory alone is limited. */
const writeIfThere = (folder: string, file: string, value: string | number): void => {
  if (existsSync(join(folder, file))) write(folder, file, value)
}

const version2: Version = {
  // The own cgroup has processes in it, and may then have no children with controllers; the root
  // may.
  parent: ROOT,
  prepare: (folder) => write(folder, "cgroup.subtree_control", "+memory"),
  limit: (folder, bytes) => {
    write(folder, "memory.max", bytes)
    writeIfThere(folder, "memory.swap.max", 0)
    // As a kubelet: a container is killed as a whole.
    writeIfThere(folder, "memory.oom.group", 1)
  },
  killsFile: "memory.events"
}

const version1 = (own: string): Version => ({
  parent: join(ROOT, "memory", own),
  prepare: () => undefined,
  limit: (folder, bytes) => {
    write(folder, "memory.limit_in_bytes", bytes)
    writeIfThere(folder, "memory.memsw.limit_in_bytes", bytes)
  },
  killsFile: "memory.oom_control"
})

const findVersion = (): Version | undefined => {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return version2
  const own = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1]
  return own === undefined || !existsSync(join(ROOT, "memory")) ? undefined : version1(own)
}

/** The kernel lets a cgroup go some milliseconds after its last process has gone. */
const patience = Schedule.max([Schedule.spaced("20 millis"), Schedule.recurs(100)])

const removeFolder = (folder: string): Effect.Effect<void> =>
  Effect.try({ try: () => rmdirSync(folder), catch: (cause) => String(cause) }).pipe(
    Effect.retry(patience),
    Effect.catch((why) => Effect.logWarning(`the cgroup ${folder} is left: ${why}`))
  )

/**
 * Finds out by trying; undefined where limits cannot be enforced. The cluster's cgroup goes with
 * the scope.
 */
export const memoryCgroups = (name: string): Effect.Effect<MemoryCgroups | undefined, never, Scope.Scope> =>
  Effect.gen(function* () {
    const version = findVersion()
    if (version === undefined) return undefined
    const cluster = join(version.parent, name)
    const make = (container: string, bytes: number): MemoryCgroup => {
      const folder = join(cluster, container)
      mkdirSync(folder)
      version.limit(folder, bytes)
      return {
        folder,
        kills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(folder, version.killsFile), "utf8"))?.[1] ?? 0),
        remove: removeFolder(folder)
      }
    }
    const possible = yield* Effect.try({
      try: () => {
        mkdirSync(cluster)
        version.prepare(cluster)
        rmdirSync(make("probe", 64 * 1024 * 1024).folder)
      },
      catch: () => "refused"
    }).pipe(Effect.isSuccess)
    if (existsSync(cluster)) yield* Effect.addFinalizer(() => removeFolder(cluster))
    return possible ? { make } : undefined
  })
