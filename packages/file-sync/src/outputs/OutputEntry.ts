/**
 * Decides whether an archive entry from a pod may be written, and where. The pod is not trusted:
 * only regular files, folders and links that stay inside the target are accepted. What a task may
 * well have left behind is skipped by name; what no tar of ours writes is refused. Pure.
 */
import { posix } from "node:path"
import type { TarEntry } from "./TarReader.ts"

export type OutputPlacement =
  | { readonly _tag: "File"; readonly name: string; readonly executable: boolean }
  | { readonly _tag: "Folder"; readonly name: string }
  /** `target` is relative to the link, and `within` is the folder of the volume that it lies in. */
  | { readonly _tag: "Symlink"; readonly name: string; readonly target: string; readonly within: string }
  /** A second name of a file that came before; `from` is that file's name in its folder `within`. */
  | { readonly _tag: "Copy"; readonly name: string; readonly from: string; readonly within: string }
  /** The top folders of the archive themselves. */
  | { readonly _tag: "Top" }
  /** It cannot be taken; the others can. `name` is the output's, or that of its top folder. */
  | { readonly _tag: "Skip"; readonly name: string; readonly why: string }
  /** No honest helper sends this: nothing of the archive is taken. */
  | { readonly _tag: "Refuse"; readonly why: string }

/** An output that could not be taken, while the others were. */
export interface SkippedOutput {
  /** Relative to the working or the output folder, or that folder itself. */
  readonly name: string
  /** Why, as a clause that begins with "it". */
  readonly reason: string
}

const refuse = (why: string): OutputPlacement => ({ _tag: "Refuse", why })

const LINK_ADVICE = "copy its target (cp -L), or collect other files"

/**
 * Folders of the volume that outputs are collected from; an output's name is its path below either.
 */
const FOLDERS = ["work", "output"]

/**
 * The name below the target folder that an archive path stands for, or why it stands for none. ""
 * is the target itself.
 */
const nameOf = (archivePath: string): { readonly name: string; readonly within: string } | { readonly why: string } => {
  const path = archivePath.replace(/\/+$/, "")
  if (path.startsWith("/")) return { why: "its name is absolute" }
  if (path.includes("\0")) return { why: "its name contains a NUL byte" }
  const [folder = "", ...parts] = path.split("/")
  if (!FOLDERS.includes(folder)) return { why: "it lies outside the working and output folders" }
  if (parts.some((part) => part === ".." || part === "." || part === ""))
    return { why: "its name contains '.', '..' or an empty part" }
  return { name: parts.join("/"), within: folder }
}

/**
 * The target of a link as it must be written here, where both folders of the volume become one;
 * undefined when it leads out of them. `root` is the volume's path in the pod.
 */
const targetHere = (
  archivePath: string,
  name: string,
  target: string,
  root: string
): { readonly target: string; readonly within: string } | undefined => {
  // `..` only at the start: after another name it would start from wherever that name, perhaps a
  // link, leads.
  if (target === "" || /[^./][^/]*\/+\.\.(\/|$)/.test(target)) return undefined
  const folder = posix.dirname(name)
  const beside = posix.normalize(posix.join(folder, target))
  if (!target.startsWith("/") && beside !== ".." && !beside.startsWith("../"))
    return { target, within: archivePath.slice(0, archivePath.indexOf("/")) }
  const inVolume = target.startsWith("/")
    ? posix.relative(root, posix.normalize(target))
    : posix.normalize(posix.join(posix.dirname(archivePath), target))
  const [top = "", ...rest] = inVolume.split("/")
  if (!FOLDERS.includes(top)) return undefined
  return { target: posix.relative(folder, rest.join("/")) || ".", within: top }
}

/**
 * Where an entry goes below the target folder, or why it goes nowhere. `root` is the volume's path
 * in the pod, to which absolute links refer.
 */
export const placeOutput = (
  header: Pick<TarEntry, "path" | "type" | "mode" | "linkTarget">,
  root: string
): OutputPlacement => {
  const place = nameOf(header.path)
  if ("why" in place) return refuse(place.why)
  const { name } = place
  const target = header.linkTarget
  if (name === "") {
    if (header.type === "Directory") return { _tag: "Top" }
    const what = header.type === "Symlink" ? `a link to ${target}` : `a ${header.type}`
    const why = `it is ${what} and no folder any more; write into this folder, do not replace it`
    return { _tag: "Skip", name: header.path, why }
  }
  const skip = (why: string): OutputPlacement => ({ _tag: "Skip", name, why })
  switch (header.type) {
    case "File":
      return { _tag: "File", name, executable: (header.mode & 0o100) !== 0 }
    case "Directory":
      return { _tag: "Folder", name }
    case "Hardlink": {
      const from = nameOf(target)
      return "why" in from
        ? refuse(`it is a link to ${target}: ${from.why}`)
        : { _tag: "Copy", name, from: from.name, within: from.within }
    }
    case "Symlink": {
      const here = targetHere(header.path, name, target, root)
      return here === undefined
        ? skip(`it is a link to ${target || "nothing"}, outside the outputs; ${LINK_ADVICE}`)
        : { _tag: "Symlink", name, ...here }
    }
    default:
      return skip(`it is a ${header.type}, and only files, folders and links are collected`)
  }
}

/** An archive path whose first part is left out: `./NAME/rest` as `rest`. */
const belowTop = (path: string): string => path.replace(/^(?:\.\/)?[^/]*\/?/, "")

/**
 * An entry of an archive whose one top entry, `./NAME`, is what a link leads to: as if it lay in the
 * working folder under the link's name.
 */
export const underName = (entry: TarEntry, name: string): TarEntry => {
  const here = (path: string) => posix.join("work", name, belowTop(path))
  return {
    ...entry,
    path: here(entry.path),
    ...(entry.type === "Hardlink" ? { linkTarget: here(entry.linkTarget) } : {})
  }
}

/**
 * Why an entry of such an archive is not taken: a link that leads out of what `name` leads to would
 * lead elsewhere from here. Undefined for others.
 */
export const leavesTop = ({ linkTarget, path, type }: TarEntry, name: string): string | undefined =>
  type === "Symlink" &&
  !linkTarget.startsWith("/") &&
  /^\.\.(\/|$)/.test(posix.normalize(posix.join(posix.dirname(belowTop(path)), linkTarget)))
    ? `it is a link to ${linkTarget}, outside of what '${name}' leads to; ${LINK_ADVICE}`
    : undefined
