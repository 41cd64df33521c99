/**
 * A container's root: a folder of its own with mount points, and the fstab that fills it. Makes folders and files below the
 * cluster's state folder; mounts nothing.
 *
 * Where a pod wants a folder that the machine has not, inside one that is bound read-only (`/etc/app`), an overlay over the
 * nearest folder that exists makes room for it.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
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
 * Makes a folder or an empty file below `base`. Never follows a link on the way: what lies in a volume was written by
 * containers, and this runs outside of them.
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

/** Where /etc/resolv.conf is a link into the machine's /run, which containers do not see, they get a copy. */
const copyResolver = (root: string): void => {
  if (!existsSync("/etc/resolv.conf")) return
  const real = realpathSync("/etc/resolv.conf")
  if (!real.startsWith("/run/")) return
  makeBelow(root, real, "file")
  writeFileSync(join(root, real), readFileSync(real))
}

const depth = (path: string): number => path.split("/").length

/** Makes the container's folders and returns the path of its fstab as seen inside. Throws what the file system says. */
export const makeContainerRoot = (plan: ContainerRootPlan): { readonly root: string; readonly fstab: string } => {
  const { container, machine, state } = plan
  const outside = join(state, container)
  const inside = `/.cluster/${container}`
  const root = `${inside}/root`
  const folders = new Set(machine.folders)
  const links = new Map(machine.links)
  const bindOptions = (readOnly: boolean) => (readOnly ? ["bind", "ro", ...plan.locked].join(",") : "bind")
  const overlays = new Map<string, string>()
  const volumes: Array<{ readonly at: string; readonly folder: string }> = []

  makeFolder(outside, 0o755)
  makeFolder(join(outside, "root"), 0o755)
  for (const name of [...machine.folders, "dev", "proc", "run"]) makeFolder(join(outside, "root", name), 0o755)
  makeFolder(join(outside, "root", "tmp"), 0o1777)
  for (const [name, target] of machine.links) symlinkSync(target, join(outside, "root", name))
  copyResolver(join(outside, "root"))
  writeFileSync(join(outside, "termination-log"), "")
  chmodSync(join(outside, "termination-log"), 0o666)

  /** Sees to it that a path exists in the container; returns it without links. */
  const place = (path: string, kind: "folder" | "file"): string => {
    const volume = volumes.findLast(({ at }) => path === at || path.startsWith(`${at}/`))
    if (volume !== undefined) {
      makeBelow(volume.folder, path.slice(volume.at.length), kind)
      return path
    }
    const top = path.split("/")[1] ?? ""
    if (top === "dev") {
      if (path !== "/dev" && !DEVICE_POINTS.has(path)) throw new Error(`${path}: /dev cannot be added to`)
      return path
    }
    if (!folders.has(top) && !links.has(top)) {
      makeBelow(join(outside, "root"), path, kind)
      return path
    }
    let existing = path
    while (!existsSync(existing)) existing = dirname(existing)
    const real = realpathSync(existing)
    const rest = path.slice(existing.length)
    if (!folders.has(real.split("/")[1] ?? "")) return place(real + rest, kind)
    if (rest !== "") {
      const name = overlays.get(real) ?? `overlay-${overlays.size}`
      if (!overlays.has(real)) {
        overlays.set(real, name)
        makeFolder(join(outside, name), 0o755)
        for (const part of ["upper", "work"]) makeFolder(join(outside, name, part), 0o755)
      }
      makeBelow(join(outside, name, "upper"), rest, kind)
    }
    return real + rest
  }

  const lines: Array<string> = []
  const byDepth = plan.mounts
    .map((mount) => ({ ...mount, mountPath: normalize(mount.mountPath).replace(/(?<=.)\/$/, "") }))
    .sort((a, b) => depth(a.mountPath) - depth(b.mountPath))
  for (const mount of byDepth) {
    const at = place(mount.mountPath, "folder")
    volumes.push({ at, folder: join(state, mount.source) })
    lines.push(`/.cluster/${fstabField(mount.source)} ${root}${fstabField(at)} none ${bindOptions(mount.readOnly)} 0 0`)
  }
  place(normalize(plan.workingDir).replace(/(?<=.)\/$/, ""), "folder")
  const message = place(normalize(plan.terminationMessagePath), "file")
  lines.push(`${inside}/termination-log ${root}${fstabField(message)} none bind 0 0`)
  const room = [...overlays]
    .sort(([a], [b]) => depth(a) - depth(b))
    .map(([real, name]) => {
      const layers = `lowerdir=${real},upperdir=${inside}/${name}/upper,workdir=${inside}/${name}/work`
      return `overlay ${root}${fstabField(real)} overlay ${fstabField(layers)},userxattr 0 0`
    })
  const fstab = [
    `${root} ${root} none ${bindOptions(plan.readOnlyRoot)} 0 0`,
    ...machine.folders.map((name) => `${fstabField(`/${name}`)} ${root}/${fstabField(name)} none rbind 0 0`),
    `/dev ${root}/dev none rbind 0 0`,
    `tmpfs ${root}/dev/shm tmpfs mode=1777,nosuid,nodev,noexec 0 0`,
    `proc ${root}/proc proc nosuid,nodev,noexec 0 0`,
    ...READ_ONLY_PROC.filter((name) => existsSync(`/proc/${name}`)).map(
      (name) => `/proc/${name} ${root}/proc/${name} none bind,ro,nosuid,nodev,noexec 0 0`
    ),
    ...room,
    ...lines,
    ""
  ]
  writeFileSync(join(outside, "fstab"), fstab.join("\n"))
  return { root, fstab: `${inside}/fstab` }
}
