/** Where a run's pod is: its cluster and its namespace. Pure. */
import { Schema } from "effect"

/** A cluster and a namespace, as results are kept by them and people read them. */
export const RunPlace = Schema.Struct({
  /** Equal for one cluster alone; see `clusterId` of `KubeConnection`. */
  clusterId: Schema.String,
  /** For people: host and port of the API server. */
  cluster: Schema.String,
  namespace: Schema.String
})
export type RunPlace = typeof RunPlace.Type

/**
 * A place of a cluster that lives as long as one process: its address and authority are new each
 * time, and what stays is its name.
 */
export const placeByName = (name: string, { namespace }: RunPlace): RunPlace => ({
  clusterId: name,
  cluster: name,
  namespace
})
