import { assert, describe, it } from "@effect/vitest"
import { ServerFrames } from "../../src/exec/ServerFrames.ts"

interface Frame {
  readonly opcode: number
  readonly isLast?: boolean
  readonly payload: Uint8Array
}

const header = (first: number, length: number): Buffer => {
  if (length < 126) return Buffer.of(first, length)
  if (length < 2 ** 16) return Buffer.of(first, 126, length >> 8, length & 0xff)
  const long = Buffer.of(first, 127, 0, 0, 0, 0, 0, 0, 0, 0)
  long.writeUInt32BE(length, 6)
  return long
}

const wire = ({ isLast = true, opcode, payload }: Frame): Buffer =>
  Buffer.concat([header((isLast ? 0x80 : 0) | opcode, payload.length), payload])

/** What comes of bytes in chunks of a size: messages put together again, and everything that is about the connection. */
const read = (bytes: Uint8Array, chunkBytes: number) => {
  const frames = new ServerFrames()
  const messages: Array<Buffer> = []
  const control: Array<Buffer> = []
  let parts: Array<Buffer> = []
  let sound = true
  for (let at = 0; at < bytes.length && sound; at += chunkBytes) {
    sound = frames.push(bytes.subarray(at, at + chunkBytes), {
      part: (part, isFirst, isLast) => {
        assert.strictEqual(isFirst, parts.length === 0)
        parts.push(Buffer.from(part))
        if (!isLast) return
        messages.push(Buffer.concat(parts))
        parts = []
      },
      control: (part) => control.push(Buffer.from(part))
    })
  }
  return {
    messages: messages.map((one) => one.toString("hex")),
    control: Buffer.concat(control).toString("hex"),
    sound
  }
}

const filled = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251)
const ping: Frame = { opcode: 9, payload: Buffer.from("beat") }
const close: Frame = { opcode: 8, payload: Buffer.of(3, 232) }

describe("ServerFrames", () => {
  const lengths = [0, 1, 2, 125, 126, 127, 4095, 65_535, 65_536, 70_000]
  const bytes = Buffer.concat([
    ...lengths.flatMap((length) => [wire({ opcode: 2, payload: filled(length) }), wire(ping)]),
    wire(close)
  ])
  for (const chunkBytes of [1, 2, 3, 7, 126, 4096, 16_384, 65_537, bytes.length]) {
    it(`gives every message and every word about the connection, in chunks of ${chunkBytes}`, () => {
      const found = read(bytes, chunkBytes)
      assert.isTrue(found.sound)
      assert.deepStrictEqual(
        found.messages,
        lengths.map((length) => Buffer.from(filled(length)).toString("hex"))
      )
      const expected = Buffer.concat([...lengths.map(() => wire(ping)), wire(close)])
      assert.strictEqual(found.control, expected.toString("hex"))
    })
    it(`puts fragments together, with a ping between them, in chunks of ${chunkBytes}`, () => {
      const parts = [
        wire({ opcode: 2, isLast: false, payload: filled(0) }),
        wire({ opcode: 0, isLast: false, payload: filled(300) }),
        wire(ping),
        wire({ opcode: 0, isLast: false, payload: filled(0) }),
        wire({ opcode: 0, payload: filled(200) }),
        wire({ opcode: 2, isLast: false, payload: filled(9) }),
        wire({ opcode: 0, payload: filled(0) })
      ]
      const found = read(Buffer.concat(parts), chunkBytes)
      assert.isTrue(found.sound)
      const hex = (...lengths: ReadonlyArray<number>) => Buffer.concat(lengths.map(filled)).toString("hex")
      assert.deepStrictEqual(found.messages, [hex(300, 200), hex(9)])
      assert.strictEqual(found.control, wire(ping).toString("hex"))
    })
  }

  const broken: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["a masked frame", Buffer.of(0x82, 0x81, 0, 0, 0, 0, 1)],
    ["a frame of an extension", Buffer.of(0xc2, 1, 1)],
    ["an unknown opcode", wire({ opcode: 3, payload: filled(1) })],
    ["an unknown opcode about the connection", wire({ opcode: 11, payload: filled(1) })],
    ["a ping in fragments", wire({ ...ping, isLast: false })],
    ["a long ping", wire({ opcode: 9, payload: filled(126) })],
    ["a fragment of nothing", wire({ opcode: 0, payload: filled(1) })],
    [
      "a message within another",
      Buffer.concat([wire({ opcode: 2, isLast: false, payload: filled(1) }), wire({ opcode: 2, payload: filled(1) })])
    ]
  ]
  for (const [what, sent] of broken) {
    it(`refuses ${what}`, () => {
      for (const chunkBytes of [1, sent.length]) assert.isFalse(read(sent, chunkBytes).sound)
    })
  }
})
