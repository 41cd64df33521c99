/**
 * Causes of runs that do not go on or did not end well, each with the facts that tell it. Plain
 * tagged data.
 */
import { Schema } from "effect"

/** The cluster's own words; empty where it said none. */
const said = { said: Schema.String }
const container = { container: Schema.String }
/** Null where the pod had none, or it was not seen. */
const node = { node: Schema.NullOr(Schema.String) }

/** What a diagnosis found, one tag for each cause, with the facts that tell it. */
export const DiagnosisCause = Schema.TaggedUnion({
  /** The API server does not answer; `said` is how the last request failed, empty where one hangs. */
  ServerSilent: { address: Schema.String, ...said },
  /** No node fits; `said` is the scheduler's sentence. */
  Unschedulable: said,
  /** Somebody holds the pod back from the scheduler (`schedulingGates`). */
  SchedulingGated: said,
  /** The registry does not give the image. */
  ImagePull: { ...container, image: Schema.String, ...said },
  /**
   * The image cannot be asked for: its name is no name, or pulling is forbidden. `reason` is the
   * kubelet's.
   */
  ImageName: { ...container, image: Schema.String, reason: Schema.String, ...said },
  /**
   * What the container refers to is not there, or the runtime does not take it. `reason` is the
   * kubelet's.
   */
  ContainerConfig: { ...container, reason: Schema.String, ...said },
  /**
   * It waits for a reason that is not known here, or to be restarted: then `exitCode` is how it last
   * ended.
   */
  ContainerWaiting: { ...container, reason: Schema.String, exitCode: Schema.optionalKey(Schema.Int), ...said },
  /** The container was made and its program could not be started. */
  StartError: { exitCode: Schema.Int, ...said },
  /** Main ended before its command could run; `said` is the end of main's own log. */
  CommandNotStarted: { exitCode: Schema.Int, ...said },
  /** `limit` is main's memory limit; null where it has none and the node's memory was used up. */
  OutOfMemory: { exitCode: Schema.Int, limit: Schema.NullOr(Schema.String), ...said },
  /**
   * The node did not take the pod that the scheduler gave it, so nothing ran. `reason`: `OutOfcpu`,
   * `NodeAffinity`, …
   */
  NodeRefused: { ...node, reason: Schema.String, ...said },
  Evicted: { ...node, reason: Schema.String, ...said },
  /**
   * The pod exceeded a storage limit of its own and was evicted for it. `name` is the volume's or
   * the container's; null where the pod as a whole did.
   */
  StorageLimit: {
    ...node,
    limit: Schema.Literals(["Volume", "Container", "Pod"]),
    name: Schema.NullOr(Schema.String),
    ...said
  },
  Preempted: { ...node, reason: Schema.String, ...said },
  /** The node went away, or no longer answers. `reason` is the pod's reason or its condition's. */
  NodeLost: { ...node, reason: Schema.String, ...said },
  /** The pod's `activeDeadlineSeconds` passed. */
  DeadlineExceeded: said,
  /** Somebody deleted the pod. */
  Deleted: node,
  /** A container of ours ended before the run did. */
  HelperEnded: { ...container, exitCode: Schema.Int, reason: Schema.NullOr(Schema.String), ...said },
  /** A container of the task's own `podSpec` ended with an error, so that the command never ran. */
  ContainerFailed: { ...container, exitCode: Schema.Int, reason: Schema.NullOr(Schema.String), ...said },
  /** The kubelet ended the command because its container's postStart hook failed. */
  HookFailed: { exitCode: Schema.Int, ...said },
  /** The kubelet ended the command because its container's probe failed. */
  ProbeFailed: { exitCode: Schema.Int, probe: Schema.Literals(["liveness", "startup"]), ...said },
  CommandFailed: { exitCode: Schema.Int, ...said },
  /** A signal ended the command; nothing tells who sent it. */
  Killed: { exitCode: Schema.Int, signal: Schema.Int, ...said },
  /** The pod ended and nothing tells why. */
  Unknown: { phase: Schema.String, ...said }
})
export type DiagnosisCause = typeof DiagnosisCause.Type
