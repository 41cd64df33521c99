/**
 * Is the peer of an exec still there? Pure: one decision per beat. Any frame counts as life. A server answers a ping in the
 * loop that feeds the container's stdin, so behind bytes that the container does not take it is silent and well: then silence
 * is given longer, but not for ever, because a network that swallows everything looks the same. While we do not read, there is
 * nothing to be heard, and nothing is judged.
 */

/** Time between beats, milliseconds: well under the minute after which balancers drop idle connections. */
export const heartbeatInterval = 10_000

/** Beats in a row without a frame after which the peer is dead: 60 s, as kubectl's read deadline (61 s). */
export const heartbeatLimit = 6

/** The same behind bytes that may not have been taken: 5 minutes, longer than a full or failing disk holds up a write. */
export const stallLimit = 30

/** What was seen since the last beat. */
export interface HeartbeatObservation {
  /** A frame of any kind came in. */
  readonly heard: boolean
  /** Bytes were handed to the socket, or taken by it. */
  readonly sent: boolean
  /** Sent bytes are not yet taken by the socket. */
  readonly choked: boolean
  /** We read nothing, so nothing can be heard. */
  readonly paused: boolean
}

/** What is kept from beat to beat. */
export interface HeartbeatState {
  /** Beats in a row without a frame. */
  readonly quiet: number
  /** Whether bytes were sent that nothing heard since proves to have arrived. */
  readonly unproven: boolean
}

export const initialHeartbeat: HeartbeatState = { quiet: 0, unproven: false }

/** The decision of one beat. */
export const beat = (
  state: HeartbeatState,
  { choked, heard, paused, sent }: HeartbeatObservation
): readonly [HeartbeatState, "ping" | "wait" | "dead"] => {
  const unproven = sent || choked || (state.unproven && !heard)
  if (paused) return [{ quiet: 0, unproven }, "wait"]
  // Bytes that are taken move: that is life, too.
  const quiet = heard || (sent && choked) ? 0 : state.quiet + 1
  if (quiet >= (unproven ? stallLimit : heartbeatLimit)) return [{ quiet, unproven }, "dead"]
  return [{ quiet, unproven }, choked ? "wait" : "ping"]
}
