/**
 * Which parts of the machine a container sees, and how they are made read-only. Pure: mount table
 * and root folder in, mounts out. Everything of the machine that is not named here (`/tmp`, `/run`,
 * `/proc`, `/dev`) a container has of its own.
 */

/** A line of /proc/self/mountinfo, as far as it matters. */
export interface MountedPath {
  readonly path: string
  readonly options: ReadonlyArray<string>
}

/** What stands at the top of the machine's file system. */
export interface MachineRoot {
  /** Names of the folders that containers see read-only, without the slash. */
  readonly folders: ReadonlyArray<string>
  /** Name and target of links, e.g. `bin` to `usr/bin`. */
  readonly links: ReadonlyArray<readonly [name: string, target: string]>
}

/** What a container has of its own. */
const PRIVATE: ReadonlySet<string> = new Set(["dev", "proc", "run", "tmp"])

/** What a mount in a user namespace may not lose when it is remounted: the kernel answers EPERM. */
const LOCKED: ReadonlySet<string> = new Set(["nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"])

const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** A field of an fstab line. */
export const fstabField = (text: string): string =>
  text.replace(/[\\ \t\n]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`)

/** Reads /proc/self/mountinfo. */
export const parseMountInfo = (text: string): ReadonlyArray<MountedPath> =>
  text.split("\n").flatMap((line) => {
    const fields = line.split(" ")
    const [path, options] = [fields[4], fields[5]]
    return path === undefined || options === undefined ? [] : [{ path: unescaped(path), options: options.split(",") }]
  })

/** Sorts the entries of `/`. */
export const machineRoot = (
  entries: ReadonlyArray<{
    readonly name: string
    readonly kind: "folder" | "link" | "other"
    readonly target?: string
  }>
): MachineRoot => ({
  folders: entries.filter(({ kind, name }) => kind === "folder" && !PRIVATE.has(name)).map(({ name }) => name),
  links: entries.flatMap(({ kind, name, target }) => (kind === "link" && target !== undefined ? [[name, target]] : []))
})

const contains = (folder: string, path: string): boolean =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`)

/** The options that a remount of this path has to repeat. */
export const lockedOptions = (mounts: ReadonlyArray<MountedPath>, path: string): ReadonlyArray<string> => {
  let nearest: MountedPath | undefined
  for (const mount of mounts) {
    // of two mounts on one path the later one is seen
    if (contains(mount.path, path) && mount.path.length >= (nearest?.path.length ?? 0)) nearest = mount
  }
  return (nearest?.options ?? []).filter((option) => LOCKED.has(option))
}

/**
 * Everything to be remounted read-only: the folders and each mount below one, in the order of the
 * table.
 */
export const readOnlyMounts = (root: MachineRoot, mounts: ReadonlyArray<MountedPath>): ReadonlyArray<MountedPath> => {
  const folders = root.folders.map((name) => `/${name}`)
  const below = mounts.filter(({ path }) => folders.some((folder) => contains(folder, path)))
  return [...new Set([...folders, ...below.map(({ path }) => path)])].map((path) => ({
    path,
    options: lockedOptions(mounts, path)
  }))
}
