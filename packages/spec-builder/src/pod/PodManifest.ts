/**
 * A Pod as plain JSON. Only fields that this package sets are named; everything else that a user
 * adds is kept as JSON and judged by the API server. Types alone.
 */
import type { JsonObject } from "../values/Json.ts"

/** A container of the manifest. */
export type ContainerManifest = JsonObject & { readonly name: string }

/** A pod's spec; it runs once. */
export type PodSpecManifest = JsonObject & {
  readonly restartPolicy: "Never"
  readonly containers: ReadonlyArray<ContainerManifest>
}

/** A Pod as the API server takes it: `JSON.stringify` gives the request's body. */
export interface PodManifest {
  readonly apiVersion: "v1"
  readonly kind: "Pod"
  readonly metadata: {
    readonly name: string
    /** Absent when the runner names none: the connection's namespace decides. */
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: PodSpecManifest
}
