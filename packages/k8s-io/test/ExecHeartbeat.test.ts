/** When a quiet peer is dead. */
import { assert, describe, it } from "@effect/vitest"
import { beat, type HeartbeatObservation, heartbeatInterval, heartbeatLimit } from "../src/ExecHeartbeat.ts"

const silence: HeartbeatObservation = { heard: false, suspended: false }
const play = (observations: ReadonlyArray<HeartbeatObservation>) => {
  let quiet = 0
  return observations.map((observation) => {
    const next = beat(quiet, observation)
    quiet = next.quiet
    return next.action
  })
}

describe("beat", () => {
  it("takes a minute of silence for death", () => {
    assert.deepStrictEqual(play(Array.from({ length: 6 }, () => silence)), [
      "ping",
      "ping",
      "ping",
      "ping",
      "ping",
      "dead"
    ])
    assert.strictEqual(heartbeatLimit * heartbeatInterval, 60_000)
  })
  it("counts any frame as life", () => {
    const observations = [...Array.from({ length: 5 }, () => silence), { heard: true, suspended: false }, silence]
    assert.notInclude(play(observations), "dead")
  })
  it("does not judge, nor ping, while bytes wait", () => {
    const stalled = { heard: false, suspended: true }
    const observations = [
      ...Array.from({ length: 5 }, () => silence),
      stalled,
      ...Array.from({ length: 5 }, () => silence)
    ]
    const actions = play(observations)
    assert.strictEqual(actions[5], "wait")
    assert.notInclude(actions, "dead")
  })
})
