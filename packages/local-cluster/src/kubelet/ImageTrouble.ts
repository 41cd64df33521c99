/**
 * Images that act out troubles, for tests. Pure. Every other image name means nothing here: no
 * image is pulled.
 */

/** The registry's name; `.invalid` is a top-level domain that never exists (RFC 2606). */
const REGISTRY = "local-cluster.invalid/"

export type ImageTrouble =
  /** The image cannot be pulled: never (`permanent`), or not now. */
  | { readonly _tag: "PullFails"; readonly message: string }
  | { readonly _tag: "SlowStart"; readonly seconds: number }
  | { readonly _tag: "Unschedulable" }
  | { readonly _tag: "Evicted"; readonly seconds: number }
  | { readonly _tag: "NodeLost"; readonly seconds: number }
  /** No program is in the image. */
  | { readonly _tag: "Empty" }
  /** The image has an entrypoint. */
  | { readonly _tag: "Entrypoint"; readonly argv: ReadonlyArray<string> }
  | { readonly _tag: "None" }

/** Seconds when the image's tag says none. */
const SLOW_START = 2
const UNTIL_EVENT = 0

const pullError = (image: string, code: string, why: string): ImageTrouble => ({
  _tag: "PullFails",
  message: `rpc error: code = ${code} desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${why}`
})

/** What an image name acts out. A tag that is a number is a time in seconds. */
export const imageTrouble = (image: string): ImageTrouble => {
  if (!image.startsWith(REGISTRY)) return { _tag: "None" }
  const [name = "", tag = ""] = image.slice(REGISTRY.length).split(":")
  const seconds = (otherwise: number) => (/^\d+(\.\d+)?$/.test(tag) ? Number(tag) : otherwise)
  switch (name) {
    case "pull-error":
      return pullError(image, "NotFound", `${image}: not found`)
    case "pull-back-off":
      return pullError(image, "Unknown", "unexpected status from HEAD request: 503 Service Unavailable")
    case "slow-start":
      return { _tag: "SlowStart", seconds: seconds(SLOW_START) }
    case "unschedulable":
      return { _tag: "Unschedulable" }
    case "evicted":
      return { _tag: "Evicted", seconds: seconds(UNTIL_EVENT) }
    case "node-lost":
      return { _tag: "NodeLost", seconds: seconds(UNTIL_EVENT) }
    case "no-shell":
      return { _tag: "Empty" }
    case "entrypoint":
      return { _tag: "Entrypoint", argv: ["/usr/bin/env"] }
    default:
      return pullError(
        image,
        "NotFound",
        `${image}: not found; ${REGISTRY} acts out troubles and knows none of this name`
      )
  }
}
