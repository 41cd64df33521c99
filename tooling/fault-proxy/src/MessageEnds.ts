/**
 * Finds where messages end in bytes that pass, in chunks of any size: lines of a watch, frames of a
 * WebSocket. Pure but for the place it remembers. Frames: RFC 6455, section 5.2.
 */

/** Told every chunk in turn; returns the offsets in it after which a message ends. */
export type MessageEnds = (chunk: Uint8Array) => ReadonlyArray<number>

const NEWLINE = 10

/** Ends of lines. */
export const lineEnds = (): MessageEnds => (chunk) => {
  const ends: Array<number> = []
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) ends.push(at + 1)
  return ends
}

/** Length of a frame's head, of which the first two bytes are known. */
const headLength = (second: number): number => {
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4)
}

/** Length of the payload that a whole head announces. */
const payloadLength = (head: Uint8Array): number => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const short = (head[1] ?? 0) & 0x7f
  return short === 126 ? view.getUint16(2) : short === 127 ? Number(view.getBigUint64(2)) : short
}

/** Ends of WebSocket frames. */
export const frameEnds = (): MessageEnds => {
  const head = new Uint8Array(14)
  let headBytes = 0
  let payloadLeft = 0
  return (chunk) => {
    const ends: Array<number> = []
    let at = 0
    while (at < chunk.length) {
      if (payloadLeft > 0) {
        const taken = Math.min(payloadLeft, chunk.length - at)
        payloadLeft -= taken
        at += taken
        if (payloadLeft === 0) ends.push(at)
        continue
      }
      head[headBytes++] = chunk[at++] ?? 0
      if (headBytes < 2 || headBytes < headLength(head[1] ?? 0)) continue
      payloadLeft = payloadLength(head.subarray(0, headBytes))
      headBytes = 0
      if (payloadLeft === 0) ends.push(at)
    }
    return ends
  }
}

const SUCCESS = Buffer.from(JSON.stringify({ metadata: {}, status: "Success" }))

/** Close, code 1000, as a server sends it: without a mask. */
export const CLOSE_FRAME: Uint8Array = Uint8Array.of(0x88, 2, 1000 >> 8, 1000 & 0xff)

/** Channel 3 with `Status: Success`, then Close. */
export const FALSE_SUCCESS_FRAMES: Uint8Array = Buffer.concat([
  Uint8Array.of(0x82, SUCCESS.length + 1, 3),
  SUCCESS,
  CLOSE_FRAME
])
