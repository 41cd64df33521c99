/** When a quiet peer is dead. */
import { assert, describe, it } from "@effect/vitest"
import {
  beat,
  type HeartbeatObservation,
  heartbeatInterval,
  heartbeatLimit,
  stallLimit,
  unprovenLimit
} from "../../src/exec/ExecHeartbeat.ts"

const silence: HeartbeatObservation = { heard: false, moved: false, proven: true, choked: false, paused: false }
const heard = { ...silence, heard: true }
const unproven = { ...silence, proven: false }
const choked = { ...unproven, choked: true }
const moving = { ...choked, moved: true }
const paused = { ...silence, paused: true }

const times = (count: number, observation: HeartbeatObservation) => Array.from({ length: count }, () => observation)

const play = (observations: ReadonlyArray<HeartbeatObservation>) => {
  let quiet = 0
  return observations.map((observation) => {
    const [next, action] = beat(quiet, observation)
    quiet = next
    return action
  })
}

describe("beat", () => {
  it("has limits of one minute, two and five", () => {
    assert.strictEqual(heartbeatLimit * heartbeatInterval, 60_000)
    assert.strictEqual(unprovenLimit * heartbeatInterval, 120_000)
    assert.strictEqual(stallLimit * heartbeatInterval, 300_000)
  })

  const cases: ReadonlyArray<readonly [string, ReadonlyArray<HeartbeatObservation>, number | "never"]> = [
    ["takes a minute of silence for death", times(6, silence), 6],
    ["counts any frame as life", [...times(5, silence), heard, ...times(5, silence)], "never"],
    ["gives silence behind bytes two minutes", times(11, unproven), "never"],
    ["and no more", times(12, unproven), 12],
    ["takes an answer behind them for proof that the bytes came", [unproven, heard, ...times(6, silence)], 8],
    ["but not something heard", [{ ...unproven, heard: true }, ...times(11, unproven)], "never"],
    ["gives bytes that nobody takes five minutes", times(29, choked), "never"],
    ["and no more of these either", times(30, choked), 30],
    ["counts bytes that are taken as life", times(100, moving), "never"],
    [
      "does not judge while we do not read",
      [...times(5, silence), ...times(100, paused), ...times(5, silence)],
      "never"
    ]
  ]
  for (const [what, observations, death] of cases)
    it(what, () => {
      const actions = play(observations)
      assert.strictEqual(actions.includes("dead") ? actions.indexOf("dead") + 1 : "never", death)
    })

  it("does not ping behind bytes that wait, nor while we do not read", () => {
    assert.deepStrictEqual(play([silence, choked, paused, heard]), ["ping", "wait", "wait", "ping"])
  })
})
