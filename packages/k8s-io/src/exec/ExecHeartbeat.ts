/**
 * Is the peer of an exec still there? Pure: one decision per beat. Any frame counts as life. A
 * server answers a ping in the loop that feeds the container's stdin, so behind bytes that the
 * container does not take it is silent and well: then silence is given longer, but not for ever,
 * because a network that swallows everything looks the same. The answer to a ping that went behind
 * the last bytes proves that they were taken. While we do not read, there is nothing to be heard,
 * and nothing is judged.
 */

/**
 * Time between beats, milliseconds: well under the minute after which balancers drop idle
 * connections.
 */
export const heartbeatInterval = 10_000

/**
 * Beats in a row without a frame after which the peer is dead: 60 s, as kubectl's read deadline (61
 * s).
 */
export const heartbeatLimit = 6

/**
 * The same behind bytes that the socket has taken and the container perhaps not: 2 minutes. A
 * session that is cut though its disk is only slow starts over after it; one that is not cut in
 * time costs the run, because who waits for its words gives up after 5 minutes of silence, in which
 * there must be room for two of these.
 */
export const unprovenLimit = 12

/**
 * The same behind bytes that not even the socket has taken: 5 minutes, longer than a full or
 * failing disk holds up a write.
 */
export const stallLimit = 30

/** What was seen since the last beat. */
export interface HeartbeatObservation {
  /** A frame of any kind came in. */
  readonly heard: boolean
  /** Bytes were handed to the socket, or taken by it. */
  readonly moved: boolean
  /** All that was ever sent is proven to have arrived, by the answer to a ping behind it. */
  readonly proven: boolean
  /** Sent bytes are not yet taken by the socket. */
  readonly choked: boolean
  /** We read nothing, so nothing can be heard. */
  readonly paused: boolean
}

/**
 * The decision of one beat. `before`: beats in a row without a frame so far, 0 at first; given back
 * with this one counted.
 */
export const beat = (
  before: number,
  { choked, heard, moved, paused, proven }: HeartbeatObservation
): readonly [number, "ping" | "wait" | "dead"] => {
  if (paused) return [0, "wait"]
  // Bytes that are taken move: that is life, too.
  const quiet = heard || (moved && choked) ? 0 : before + 1
  const limit = choked ? stallLimit : proven ? heartbeatLimit : unprovenLimit
  if (quiet >= limit) return [quiet, "dead"]
  return [quiet, choked ? "wait" : "ping"]
}
