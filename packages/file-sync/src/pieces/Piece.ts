/**
 * What an archive travels in, both ways: pieces of one size, each as it is or compressed. Pure
 * data; the pod's side of it is `session/SessionScript.ts`.
 */

/**
 * Bytes of a piece: archives are received, digested and sent in pieces, each while the next one
 * comes. Small enough to be read again from the page cache, large enough that the processes it
 * takes do not count.
 */
export const PIECE_BYTES = 8 * 1024 * 1024

/**
 * How pieces travel: as they are, or each by gzip, which pays where the network is slower than
 * about 50 MB/s.
 */
export type PieceCompression = "none" | "gzip"
