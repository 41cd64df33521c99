/**
 * The types of the result: a Pod as plain JSON and the plan around it. Only fields that this package sets are named;
 * everything else that a user adds is kept as JSON and judged by the API server.
 */
import type { LogSource } from "../task/TaskValues.ts"

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** A container of the manifest. */
export type ContainerManifest = JsonObject & { readonly name: string }

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

/**
 * How the pod is made. `gate`: main and helper start together and main waits for its input; `init`: an init container waits,
 * main runs unwrapped; `bare`: main alone.
 */
export type PodShapeName = "gate" | "init" | "bare"

/** A manifest and what a driver must know to run it. */
export interface PodPlan {
  readonly shape: PodShapeName
  /** Why this shape, one sentence. */
  readonly reason: string
  readonly logs: LogSource
  /** Undefined: the connection's namespace decides. */
  readonly namespace: string | undefined
  readonly name: string
  readonly manifest: PodManifest
  /** SHA-256 in hex over the canonical JSON of `manifest.spec`; also the annotation `podwright.dev/spec-hash`. */
  readonly specHash: string
  readonly mainContainer: "main"
  /** The container that stays until `run/done` appears; undefined in the bare shape. */
  readonly helperContainer: "files" | undefined
  /** Whom to exec to deliver input: `files` in the gate shape, `files-in` in the init shape. */
  readonly inputContainer: "files" | "files-in" | undefined
  /** Whom to exec to collect logs and output. */
  readonly outputContainer: "files" | undefined
  readonly volumeRoot: "/podwright" | undefined
}
