/**
 * A container's root, as an fstab: a tmpfs with the machine's folders and the pod's volumes in it.
 * Makes the folders and files that are mounted, below the cluster's state folder; mounts nothing.
 *
 * Where a pod wants a folder that the machine has not, inside one that is bound read-only
 * (`/etc/app`), an overlay over the nearest folder that exists makes room for it.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { fstabField, type MachineRoot } from "./MachineRoot.ts"

export interface ContainerMount {
  /** The folder's name in the state folder. */
  readonly source: string
  readonly mountPath: string
  readonly readOnly: boolean
}

export interface ContainerRootPlan {
  /** The cluster's state folder, and the container's own folder in it. */
  readonly state: string
  readonly container: string
  readonly machine: MachineRoot
  /** Options that a remount below the state folder has to repeat. */
  readonly locked: ReadonlyArray<string>
  readonly mounts: ReadonlyArray<ContainerMount>
  readonly readOnlyRoot: boolean
  readonly workingDir: string
  readonly terminationMessagePath: string
  /**
   * Where the folder `resolver` of the state folder is to be seen; undefined when it need not be.
   */
  readonly resolver: string | undefined
}

/** Folders of /proc that the machine's root could write through, as runc's readonlyPaths. */
const READ_ONLY_PROC = ["bus", "fs", "irq", "sys", "sysrq-trigger"]
/** What /dev has besides devices. */
const DEVICE_POINTS: ReadonlySet<string> = new Set(["/dev/shm", "/dev/termination-log"])

/** Makes a folder with exactly this mode, whatever the umask is. */
export const makeFolder = (path: string, mode: number): void => {
  mkdirSync(path)
  chmodSync(path, mode)
}

/**
 * Makes a folder or an empty file below `base`. Never follows a link on the way: what lies in a
 * volume was written by containers, and this runs outside of them.
 */
export const makeBelow = (base: string, path: string, kind: "folder" | "file", mode = 0o755): void => {
  const names = path.split("/").filter((name) => name !== "")
  let at = base
  for (const [index, name] of names.entries()) {
    at = join(at, name)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) throw new Error(`${path} leads through a symbolic link`)
    if (found !== undefined) continue
    if (kind === "file" && index === names.length - 1) writeFileSync(at, "")
    else makeFolder(at, mode)
  }
}

/** What a container's shell needs to know to make its root. All paths are as seen inside. */
export interface ContainerRoot {
  readonly root: string
  readonly fstab: string
  /** A folder to be made when it is not there; empty when it is sure to be. */
  readonly folder: string
  /** A file to be made, what to bind to it, and where; empty when the fstab does it. */
  readonly message: readonly [file: string, source: string, target: string]
}

const depth = (path: string): number => path.split("/").length

const plain = (path: string): string => normalize(path).replace(/(?<=.)\/$/, "")

/*
 * The tree is put together where mount makes the mount points as it goes (X-mount.mkdir), which
 * costs nothing on a tmpfs; folders made on a disk cost more than all the mounts. A read-only root
 * is a second view of it.
 */
/** Makes the container's folders. Throws what the file system says. */
export const makeContainerRoot = (plan: ContainerRootPlan): ContainerRoot => {
  const { container, machine, readOnlyRoot, state } = plan
  const outside = join(state, container)
  const inside = `/.cluster/${container}`
  const tree = `${inside}/tree`
  const root = readOnlyRoot ? `${inside}/root` : tree
  const folders = new Set(machine.folders)
  const links = new Map(machine.links)
  const bindOptions = (readOnly: boolean) => (readOnly ? ["bind", "ro", ...plan.locked].join(",") : "bind")
  const overlays = new Map<string, string>()
  const volumes: Array<{ readonly at: string; readonly folder: string }> = []

  makeFolder(outside, 0o755)
  for (const name of readOnlyRoot ? ["tree", "root"] : ["tree"]) makeFolder(join(outside, name), 0o755)
  writeFileSync(join(outside, "termination-log"), "")
  chmodSync(join(outside, "termination-log"), 0o666)

  const isMachines = (path: string): boolean => folders.has(path.split("/")[1] ?? "")
  const nearestExisting = (path: string): string => (existsSync(path) ? path : nearestExisting(dirname(path)))

  /** A path without the machine's links in it, e.g. /var/run/x as /run/x. */
  const canonical = (path: string): string => {
    if (!isMachines(path) && !links.has(path.split("/")[1] ?? "")) return path
    const existing = nearestExisting(path)
    const real = realpathSync(existing) + path.slice(existing.length)
    return real === path ? real : canonical(real)
  }

  /**
   * Makes a path where this can be done from outside; true when it lies on the tmpfs, where the
   * container's shell makes it.
   */
  const isOnTree = (path: string, kind: "folder" | "file"): boolean => {
    const volume = volumes.findLast(({ at }) => path === at || path.startsWith(`${at}/`))
    if (volume !== undefined) makeBelow(volume.folder, path.slice(volume.at.length), kind)
    else if (path.startsWith("/dev/") && !DEVICE_POINTS.has(path)) throw new Error(`${path}: /dev cannot be added to`)
    else if (isMachines(path) && !existsSync(path)) {
      const covered = nearestExisting(path)
      const name = overlays.get(covered) ?? `overlay-${overlays.size}`
      if (!overlays.has(covered)) {
        overlays.set(covered, name)
        makeFolder(join(outside, name), 0o755)
        for (const part of ["upper", "work"]) makeFolder(join(outside, name, part), 0o755)
      }
      makeBelow(join(outside, name, "upper"), path.slice(covered.length), kind)
    }
    return volume === undefined && !isMachines(path) && !DEVICE_POINTS.has(path)
  }

  const byDepth = plan.mounts
    .map((mount) => ({ ...mount, at: canonical(plain(mount.mountPath)) }))
    .sort((a, b) => depth(a.at) - depth(b.at))
  const volumeLines = byDepth.map(({ at, readOnly, source }) => {
    isOnTree(at, "folder")
    volumes.push({ at, folder: join(state, source) })
    const options = `${bindOptions(readOnly)},X-mount.mkdir`
    return `/.cluster/${fstabField(source)} ${tree}${fstabField(at)} none ${options} 0 0`
  })
  const folder = canonical(plain(plan.workingDir))
  const folderOnTree = isOnTree(folder, "folder")
  const message = canonical(plain(plan.terminationMessagePath))
  const messageOnTree = isOnTree(message, "file")
  const messageLine = `${inside}/termination-log ${tree}${fstabField(message)} none bind 0 0`
  const room = [...overlays]
    .sort(([a], [b]) => depth(a) - depth(b))
    .map(([real, name]) => {
      const layers = `lowerdir=${real},upperdir=${inside}/${name}/upper,workdir=${inside}/${name}/work`
      return `overlay ${tree}${fstabField(real)} overlay ${fstabField(layers)},userxattr 0 0`
    })
  /** Writable but in a read-only root, and there too when something is to be made in it. */
  const temporary = (name: string, mode: string) => {
    const made = [...volumes.map(({ at }) => at), folder, message]
    const sealed = readOnlyRoot && !made.some((path) => path.startsWith(`/${name}/`))
    return `tmpfs ${tree}/${name} tmpfs mode=${mode},X-mount.mkdir${sealed ? ",ro" : ""} 0 0`
  }
  // last, as they also show what has been mounted in those folders
  const linked = [...links.keys()].flatMap((name) => {
    const real = existsSync(`/${name}`) ? realpathSync(`/${name}`) : "/"
    if (!folders.has(real.split("/")[1] ?? "") || !statSync(real).isDirectory()) return []
    return [`${tree}${fstabField(real)} ${tree}/${fstabField(name)} none rbind,X-mount.mkdir 0 0`]
  })
  const fstab = [
    `tmpfs ${tree} tmpfs mode=755 0 0`,
    ...machine.folders.map((name) => {
      const field = fstabField(name)
      return `/${field} ${tree}/${field} none rbind,X-mount.mkdir 0 0`
    }),
    `/dev ${tree}/dev none rbind,X-mount.mkdir 0 0`,
    `tmpfs ${tree}/dev/shm tmpfs mode=1777,nosuid,nodev,noexec 0 0`,
    `proc ${tree}/proc proc nosuid,nodev,noexec,X-mount.mkdir 0 0`,
    ...READ_ONLY_PROC.filter((name) => existsSync(`/proc/${name}`)).map(
      (name) => `/proc/${name} ${tree}/proc/${name} none bind,ro,nosuid,nodev,noexec 0 0`
    ),
    temporary("tmp", "1777"),
    temporary("run", "755"),
    ...(plan.resolver === undefined
      ? []
      : [`/.cluster/resolver ${tree}${fstabField(plan.resolver)} none ${bindOptions(false)},X-mount.mkdir 0 0`]),
    ...room,
    ...volumeLines,
    ...(messageOnTree ? [] : [messageLine]),
    ...linked,
    ...(readOnlyRoot ? [`${tree} ${root} none rbind,ro 0 0`] : []),
    ""
  ]
  writeFileSync(join(outside, "fstab"), fstab.join("\n"))
  return {
    root,
    fstab: `${inside}/fstab`,
    folder: folderOnTree ? tree + folder : "",
    message: messageOnTree ? [tree + message, `${inside}/termination-log`, root + message] : ["", "", ""]
  }
}
