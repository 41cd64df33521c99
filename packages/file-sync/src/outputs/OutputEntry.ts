/**
 * Decides whether an archive entry from a pod may be written, and where. The pod is not trusted:
 * only regular files, folders and links that stay inside the target are accepted. Pure.
 */
import { posix } from "node:path"
import type { Tar } from "effect/encoding"

export type OutputPlacement =
  | { readonly _tag: "File"; readonly name: string; readonly executable: boolean }
  | { readonly _tag: "Folder"; readonly name: string }
  | { readonly _tag: "Symlink"; readonly name: string; readonly target: string }
  /** A second name of a file that came before; `from` is that file's name. */
  | { readonly _tag: "Copy"; readonly name: string; readonly from: string }
  /** The top folders of the archive themselves. */
  | { readonly _tag: "Skip" }
  | { readonly _tag: "Refuse"; readonly why: string }

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
const nameOf = (archivePath: string): { readonly name: string } | { readonly why: string } => {
  const path = archivePath.replace(/\/+$/, "")
  if (path.startsWith("/")) return { why: "its name is absolute" }
  if (path.includes("\0")) return { why: "its name contains a NUL byte" }
  const [folder = "", ...parts] = path.split("/")
  if (!FOLDERS.includes(folder)) return { why: "it lies outside the working and output folders" }
  if (parts.some((part) => part === ".." || part === "." || part === ""))
    return { why: "its name contains '.', '..' or an empty part" }
  return { name: parts.join("/") }
}

/** Where an entry goes below the target folder, or why it goes nowhere. */
export const placeOutput = (header: Pick<Tar.Header, "path" | "type" | "mode" | "linkTarget">): OutputPlacement => {
  const place = nameOf(header.path)
  if ("why" in place) return refuse(place.why)
  const { name } = place
  if (name === "") return { _tag: "Skip" }
  switch (header.type) {
    case "File":
      return { _tag: "File", name, executable: (header.mode & 0o100) !== 0 }
    case "Directory":
      return { _tag: "Folder", name }
    case "Hardlink": {
      const from = nameOf(header.linkTarget ?? "")
      return "why" in from
        ? refuse(`it is a link to ${header.linkTarget}: ${from.why}`)
        : { _tag: "Copy", name, from: from.name }
    }
    case "Symlink": {
      const target = header.linkTarget ?? ""
      if (target === "" || target.startsWith("/"))
        return refuse(`it is a link to ${target || "nothing"}, outside the outputs; ${LINK_ADVICE}`)
      // `..` only at the start: after another name it would start from wherever that name, perhaps
      // a link, leads.
      const wanders = /[^./][^/]*\/+\.\.(\/|$)/.test(target)
      const resolved = posix.normalize(posix.join(posix.dirname(name), target))
      return wanders || resolved === ".." || resolved.startsWith("../")
        ? refuse(`it is a link to ${target}, outside the outputs; ${LINK_ADVICE}`)
        : { _tag: "Symlink", name, target }
    }
    default:
      return refuse(
        `it is a ${header.type}, and only files, folders and links are collected; remove it before the command ends`
      )
  }
}
