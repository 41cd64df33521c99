/**
 * What a run reports about each container of its pod: the schema, and how it is read from an
 * observation. Pure.
 */
import { Schema } from "effect"
import type { ContainerObservation, PodObservation } from "../diagnosis/PodObservation.ts"

/**
 * A container of the pod as far as the kubelet has told of it; null is what it has not told yet. It
 * looks once a second and tells of containers that run a moment later, and nothing else knows: a
 * success that takes less than a second is over before (measured: 8 of 8 of `true`, none of `sleep
 * 1`), a failure waits for its word anyway.
 */
export const ContainerFacts = Schema.Struct({
  /**
   * The image by its digest, as the node resolved it; null where the run was over before the
   * kubelet told of the container.
   */
  imageID: Schema.NullOr(Schema.String),
  /**
   * Main's is known by its exit file, too; a helper's is null where it ran until its pod was
   * deleted, as it does in most runs.
   */
  exitCode: Schema.NullOr(Schema.Int),
  /** Why it ended (`Completed`, `Error`, `OOMKilled`, …), or what it waits for. */
  reason: Schema.NullOr(Schema.String)
})
export type ContainerFacts = typeof ContainerFacts.Type

/** Every container that starts waits for these; they explain nothing. */
const USUAL: ReadonlySet<string | undefined> = new Set(["ContainerCreating", "PodInitializing"])

const reasonOf = (state: ContainerObservation): string | undefined => {
  if (state._tag === "Ended") return state.end.reason
  return state._tag === "Waiting" && !USUAL.has(state.reason) ? state.reason : undefined
}

/** What a result tells of the containers. */
export const containerFacts = ({ containers, imageIDs }: PodObservation): Readonly<Record<string, ContainerFacts>> =>
  Object.fromEntries(
    [...containers].map(([name, state]) => [
      name,
      {
        imageID: imageIDs.get(name) ?? null,
        exitCode: state._tag === "Ended" ? state.end.exitCode : null,
        reason: reasonOf(state) ?? null
      }
    ])
  )
