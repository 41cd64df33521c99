/** The exec codec: tables for the odd frames, properties for the way there and back. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { closeStdinFrame, FrameParts, largestPayload, readFrame, stdinFrame } from "../../src/exec/ExecFrame.ts"

const message = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text)])

describe("readFrame", () => {
  it.each([
    ["an empty message", Buffer.alloc(0)],
    ["the server's opening message on stdout", Buffer.of(1)],
    ["the server's opening message on the error channel", Buffer.of(3)],
    ["a half-close from the server", Buffer.of(255, 1)],
    ["stdin from the server", message(0, "x")],
    ["terminal size", message(4, "{}")],
    ["a channel nobody knows", message(77, "x")]
  ])("does nothing on %s", (_what, bytes) => {
    assert.deepStrictEqual(readFrame(bytes), { _tag: "Nothing" })
  })
  it("reads a status", () => {
    assert.deepStrictEqual(readFrame(message(3, '{"metadata":{},"status":"Success"}')), {
      _tag: "Status",
      status: { status: "Success" }
    })
  })
  it("does not take other text for a status", () => {
    assert.deepStrictEqual(readFrame(message(3, "command terminated")), {
      _tag: "Unreadable",
      text: "command terminated"
    })
  })
  it("copies nothing", () => {
    const bytes = message(1, "hello")
    const frame = readFrame(bytes)
    assert.isTrue(frame._tag === "Output" && frame.bytes.buffer === bytes.buffer)
  })
  it.effect.prop("gives back what was framed", [Schema.Literals([1, 2]), Schema.Uint8Array], ([channel, payload]) =>
    Effect.sync(() => {
      const frame = readFrame(Buffer.concat([Buffer.of(channel), payload]))
      if (payload.length === 0) return assert.strictEqual(frame._tag, "Nothing")
      assert.isTrue(frame._tag === "Output" && frame.stream === (channel === 1 ? "stdout" : "stderr"))
      assert.isTrue(frame._tag === "Output" && Buffer.from(payload).equals(frame.bytes))
    })
  )
})

describe("stdinFrame", () => {
  it.effect.prop("carries any bytes, in a room that has held others", [Schema.Uint8Array], ([bytes]) =>
    Effect.sync(() => {
      const room = new Uint8Array(bytes.length + 10).fill(0xff)
      const frame = stdinFrame(bytes, room)
      assert.strictEqual(frame[0], 0)
      assert.isTrue(Buffer.from(bytes).equals(frame.subarray(1)))
      assert.strictEqual(frame.buffer, room.buffer)
    })
  )
  it("half-closes with exactly two bytes", () => {
    assert.deepStrictEqual([...closeStdinFrame], [255, 0])
  })
  it("stays far below the 32 MiB the server takes", () => {
    assert.isAtMost(largestPayload, 64 * 1024)
  })
})

describe("FrameParts", () => {
  const status = Buffer.of(3, ...Buffer.from('{"status":"Success"}'))
  const push = (parts: FrameParts, message: Uint8Array, cuts: ReadonlyArray<number>) => {
    const ends = [...cuts, message.length]
    return ends.map((end, index) =>
      parts.push(message.subarray(ends[index - 1] ?? 0, end), index === 0, end === message.length)
    )
  }
  it("gives a message that is whole as it is", () => {
    assert.deepStrictEqual(push(new FrameParts(), status, []), [status])
  })
  it("gives output part by part", () => {
    const parts = new FrameParts()
    for (const [channel, stream] of [
      [1, "stdout"],
      [2, "stderr"]
    ] as const) {
      const given = push(parts, Buffer.of(channel, 10, 11, 12), [1, 3])
      const bytes = [Buffer.of(10, 11), Buffer.of(12)]
      assert.deepStrictEqual(given, [undefined, ...bytes.map((bytes) => ({ stream, bytes }))])
    }
  })
  it("puts everything else together, whatever is done with its memory meanwhile", () => {
    const parts = new FrameParts()
    for (let twice = 0; twice < 2; twice++) {
      const room = Buffer.from(status)
      assert.isUndefined(parts.push(room.subarray(0, 9), true, false))
      room.fill(0, 0, 9)
      assert.deepStrictEqual(parts.push(room.subarray(9), false, true), status)
    }
  })
  it("keeps no more of it than a status can have", () => {
    const parts = new FrameParts()
    const block = Buffer.alloc(64 * 1024, 3)
    for (let count = 0; count < 100; count++) parts.push(block, count === 0, false)
    const whole = parts.push(block, false, true)
    assert.isTrue(whole instanceof Uint8Array && whole.length === block.length)
  })
})
