/**
 * Is the peer of an exec still there? Pure: one decision per beat. Any frame counts as life. While bytes wait to be taken by
 * either side the server cannot answer a ping (it answers in the loop that feeds the container's stdin), so silence then proves
 * nothing and the count starts over.
 */

/** Time between beats, milliseconds: well under the minute after which balancers drop idle connections. */
export const heartbeatInterval = 10_000

/** Beats in a row without a frame after which the peer is dead: 60 s, as kubectl's read deadline (61 s). */
export const heartbeatLimit = 6

/** What was seen since the last beat. */
export interface HeartbeatObservation {
  /** A frame of any kind came in. */
  readonly heard: boolean
  /** Sent bytes are not yet taken, or reading is paused. */
  readonly suspended: boolean
}

/** What to do at this beat. `quiet` is the state to keep. */
export interface HeartbeatStep {
  readonly quiet: number
  readonly action: "ping" | "wait" | "dead"
}

/** The decision of one beat, given the quiet beats so far. */
export const beat = (quiet: number, { heard, suspended }: HeartbeatObservation): HeartbeatStep => {
  if (suspended) return { quiet: 0, action: "wait" }
  if (heard) return { quiet: 0, action: "ping" }
  const counted = quiet + 1
  return { quiet: counted, action: counted >= heartbeatLimit ? "dead" : "ping" }
}
