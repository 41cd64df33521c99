import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { frameEnds, lineEnds, type MessageEnds } from "../src/MessageEnds.ts"

/** Absolute ends, when `bytes` come in chunks cut at `cuts`. */
const endsOf = (make: () => MessageEnds, bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const find = make()
  const places = [...new Set(cuts.map((cut) => Math.abs(cut) % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  return [...places, bytes.length].flatMap((to) => {
    const ends = find(bytes.subarray(from, to)).map((end) => from + end)
    from = to
    return ends
  })
}

const frame = (length: number, masked: boolean): Buffer => {
  const mask = masked ? 0x80 : 0
  const key = Buffer.alloc(masked ? 4 : 0)
  const payload = Buffer.alloc(length, 0xff)
  if (length < 126) return Buffer.concat([Uint8Array.of(0x82, mask | length), key, payload])
  const long = Buffer.alloc(length < 65536 ? 4 : 10)
  long[0] = 0x82
  long[1] = mask | (length < 65536 ? 126 : 127)
  if (length < 65536) long.writeUInt16BE(length, 2)
  else long.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([long, key, payload])
}

describe("frameEnds", () => {
  it.effect.prop(
    "finds the ends of frames of any length, in chunks of any size",
    [
      Schema.Array(Schema.Literals([0, 1, 5, 125, 126, 300, 65535, 65536, 70_000])),
      Schema.Boolean,
      Schema.Array(Schema.Int)
    ],
    ([lengths, masked, cuts]) =>
      Effect.sync(() => {
        const frames = lengths.map((length) => frame(length, masked))
        let end = 0
        const expected = frames.map((one) => {
          end += one.length
          return end
        })
        assert.deepStrictEqual(endsOf(frameEnds, Buffer.concat(frames), cuts), expected)
      })
  )
})

describe("lineEnds", () => {
  it.effect.prop(
    "finds the ends of lines, in chunks of any size",
    [Schema.Array(Schema.String), Schema.Array(Schema.Int)],
    ([lines, cuts]) =>
      Effect.sync(() => {
        const text = Buffer.from(lines.join("\n"))
        const expected = Array.from(text.entries()).flatMap(([index, byte]) => (byte === 10 ? [index + 1] : []))
        assert.deepStrictEqual(endsOf(lineEnds, text, cuts), expected)
      })
  )
})
