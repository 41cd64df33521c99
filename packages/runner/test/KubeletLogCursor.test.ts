import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { KubeletLogCursor } from "../src/KubeletLogCursor.ts"

const line = (second: number, nanos: number, text: string) =>
  `2026-01-01T00:00:${String(second).padStart(2, "0")}.${String(nanos).padStart(9, "0")}Z ${text}`

/** What the kubelet serves from a time on: `sinceTime` counts in whole seconds. */
const serve = (log: ReadonlyArray<string>, since: string | undefined) =>
  log.filter((one) => since === undefined || one.slice(0, 19) >= since.slice(0, 19))

describe("KubeletLogCursor", () => {
  it("takes the stamp off and keeps the text as it is", () => {
    const cursor = new KubeletLogCursor()
    assert.strictEqual(cursor.take(line(1, 5, "  two  spaces\t")), "  two  spaces\t")
    assert.strictEqual(cursor.take(line(1, 6, "")), "")
    assert.strictEqual(cursor.take("glued, without a stamp"), "glued, without a stamp")
    assert.strictEqual(cursor.sinceTime, "2026-01-01T00:00:01Z")
  })

  it("delivers equal lines of one nanosecond as often as they were written", () => {
    const log = [line(1, 1, "same"), line(1, 1, "same"), line(1, 1, "same")]
    const cursor = new KubeletLogCursor()
    cursor.reopen()
    const first = log.slice(0, 2).map((one) => cursor.take(one))
    cursor.reopen()
    const second = serve(log, cursor.sinceTime).map((one) => cursor.take(one))
    assert.deepStrictEqual(first, ["same", "same"])
    assert.deepStrictEqual(second, [undefined, undefined, "same"])
  })

  it.effect.prop(
    "gives every line once and in order, wherever reads are cut",
    [Schema.Array(Schema.Struct({ step: Schema.Int, text: Schema.Literals(["a", "b"]) })), Schema.Array(Schema.Int)],
    ([steps, cuts]) =>
      Effect.sync(() => {
        let nanos = 0
        const log = steps.map(({ step, text }) => {
          nanos += (Math.abs(step) % 4) * 400_000_000
          return line(Math.min(59, Math.floor(nanos / 1e9)), nanos % 1e9, text)
        })
        const cursor = new KubeletLogCursor()
        const taken: Array<string> = []
        for (const cut of [...cuts.map((one) => Math.abs(one)), log.length]) {
          cursor.reopen()
          const served = serve(log, cursor.sinceTime)
          const upTo = cut === log.length ? served.length : cut % (served.length + 1)
          for (const one of served.slice(0, upTo)) {
            const text = cursor.take(one)
            if (text !== undefined) taken.push(text)
          }
        }
        assert.deepStrictEqual(
          taken,
          log.map((one) => one.slice(31))
        )
      })
  )
})
