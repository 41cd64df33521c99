/**
 * What runs containers, seen from the API server: the border between the two halves of this
 * package. Types only.
 *
 * The API server (`ApiServer.ts`) keeps objects; the kubelet (`Kubelet.ts`) watches pods in the
 * store, runs them as processes and writes their status back. For logs and exec the server asks the
 * kubelet through `ContainerRuntime`.
 */
import type { Effect, Scope, Stream } from "effect"
import type { PodStatus } from "./PodStatus.ts"

/** A JSON object as the API has it. */
export interface KubeObject {
  readonly [key: string]: unknown
}

/** Identifies a container of a pod; the uid, because a name can be used again. */
export interface ContainerReference {
  readonly podUid: string
  readonly container: string
}

/** One record of a container's log, as a container runtime keeps it. */
export interface LogRecord {
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly stream: "stdout" | "stderr"
  /** The line continues in the stream's next record: it was longer than 16 KiB. */
  readonly partial: boolean
  /** Without the newline that ended it. */
  readonly bytes: Uint8Array
}

/** A process started beside a container's own, with its three streams. */
export interface RunningExec {
  /** Resolves when the process has taken the bytes; after its end they are dropped. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  readonly closeStdin: Effect.Effect<void>
  /**
   * In the order of arrival; ends when the process has ended and both streams are drained. With
   * back-pressure.
   */
  readonly output: Stream.Stream<{ readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }>
  /** Exit code; 128 + n for a signal. */
  readonly exitCode: Effect.Effect<number>
}

/** Why a container can't be joined, in the words a kubelet has for it. */
export type RuntimeRefusal =
  /** Never started, ended or unknown: `container not found ("NAME")`. */
  | { readonly _tag: "ContainerNotFound" }
  /**
   * The container is up but the program is not there, e.g. `exec: "nope": executable file not found
   * in $PATH`.
   */
  | { readonly _tag: "ExecFailed"; readonly message: string }

export interface ContainerRuntime {
  /**
   * Starts a program in a running container's namespaces; closing the scope closes its streams, not
   * the program.
   */
  readonly exec: (
    container: ContainerReference,
    command: ReadonlyArray<string>
  ) => Effect.Effect<RunningExec, RuntimeRefusal, Scope.Scope>
  /**
   * Records from the beginning; with `follow` it continues until the container has ended and
   * everything is read. Undefined when the container never started.
   */
  readonly log: (container: ContainerReference, follow: boolean) => Effect.Effect<Stream.Stream<LogRecord> | undefined>
}

/** A change of an object, as a watch reports it. */
export interface ObjectChange {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly object: KubeObject
}

/** The part of the store that a kubelet works on. All namespaces together are one node's. */
export interface PodStore {
  /** Every pod there is, then every change of one, in order and without a gap. */
  readonly pods: Stream.Stream<ObjectChange>
  /**
   * Replaces a pod's `status` (and sets its resourceVersion). False when no pod has this uid any
   * more.
   */
  readonly setStatus: (podUid: string, status: PodStatus) => Effect.Effect<boolean>
  /**
   * Sets `spec.nodeName`, as a scheduler's binding does. False when no pod has this uid any more.
   */
  readonly bind: (podUid: string, nodeName: string) => Effect.Effect<boolean>
  /** Removes a pod that has been deleted and whose containers have ended. */
  readonly remove: (podUid: string) => Effect.Effect<void>
  /** Adds a core/v1 Event about a pod. */
  readonly addEvent: (event: {
    readonly podUid: string
    readonly type: "Normal" | "Warning"
    readonly reason: string
    readonly message: string
    /** e.g. `spec.containers{main}` */
    readonly fieldPath?: string
    readonly component: "kubelet" | "default-scheduler"
  }) => Effect.Effect<void>
}
