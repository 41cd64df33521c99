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
    ["ends after a minute of silence", times(6, silence), 6],
    ["takes any frame as a sign of life", [...times(5, silence), heard, ...times(5, silence)], "never"],
    ["waits through two minutes of silence after unconfirmed bytes", times(11, unproven), "never"],
    ["ends after two minutes of silence after unconfirmed bytes", times(12, unproven), 12],
    [
      "takes an answer to a ping sent after bytes as proof that the bytes arrived",
      [unproven, heard, ...times(6, silence)],
      8
    ],
    [
      "does not take another frame as proof that the bytes arrived",
      [{ ...unproven, heard: true }, ...times(11, unproven)],
      "never"
    ],
    ["waits five minutes for bytes that the peer does not read", times(29, choked), "never"],
    ["ends after five minutes of bytes that the peer does not read", times(30, choked), 30],
    ["takes bytes that the peer reads as a sign of life", times(100, moving), "never"],
    [
      "does not end while this side does not read",
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
