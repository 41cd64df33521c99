/**
 * Tells an eviction for the pod's own storage limits from one for its node's need. Both have the
 * reason `Evicted`; the kubelet's sentence alone tells them apart. Pure.
 */

/** Whose limit was exceeded, by the kubelet's sentence. */
export type StorageLimit =
  /** The `sizeLimit` of an `emptyDir` volume. */
  | { readonly _tag: "Volume"; readonly name: string }
  /** A container's `ephemeral-storage` limit: what it writes outside volumes, and its log. */
  | { readonly _tag: "Container"; readonly name: string }
  /** The sum of the containers' `ephemeral-storage` limits: volumes count here, too. */
  | { readonly _tag: "Pod" }

/** The kubelet's own sentences (pkg/kubelet/eviction/helpers.go), each at the message's start. */
const VOLUME = /^Usage of EmptyDir volume "([^"]+)" exceeds the limit\b/
const CONTAINER = /^Container (\S+) exceeded its local ephemeral storage limit\b/
const POD = /^Pod ephemeral local storage usage exceeds the total limit of containers\b/

/** The limit of its own that a pod was evicted for; undefined where its node was in need. */
export const storageLimitOf = (message: string): StorageLimit | undefined => {
  const volume = VOLUME.exec(message)?.[1]
  if (volume !== undefined) return { _tag: "Volume", name: volume }
  const container = CONTAINER.exec(message)?.[1]
  if (container !== undefined) return { _tag: "Container", name: container }
  return POD.test(message) ? { _tag: "Pod" } : undefined
}

/** The pod's own names, as spec-builder gives them. */
export interface OwnNames {
  /** The volume whose size is `volume.sizeLimit`. */
  readonly volume: string
  readonly main: string
}

/** What to change so that the same task may succeed. */
export const storageRemedy = (limit: StorageLimit, own: OwnNames): string => {
  switch (limit._tag) {
    case "Volume":
      return limit.name === own.volume
        ? "raise volume.sizeLimit, or make the task write less"
        : `raise the sizeLimit of volume '${limit.name}' in podSpec, or make the task write less`
    case "Container":
      return limit.name === own.main
        ? "raise resources.limit.ephemeral-storage, or make the command write less"
        : `raise the ephemeral-storage limit of container '${limit.name}', or make it write less`
    case "Pod":
      return "raise resources.limit.ephemeral-storage, or make the task write less"
  }
}
