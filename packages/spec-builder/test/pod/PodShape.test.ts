import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type PodShape, podShape } from "../../src/pod/PodShape.ts"

type Row = readonly [
  command: "Commands" | "Entrypoint",
  hasInputs: boolean,
  wantsOutputs: boolean,
  asked: "volume" | "kubelet" | undefined,
  expected: `${PodShape["shape"]} ${PodShape["logs"]}` | "refused"
]

/** All 24 questions. */
const table: ReadonlyArray<Row> = [
  ["Commands", false, false, undefined, "gate volume"],
  ["Commands", false, false, "volume", "gate volume"],
  ["Commands", false, false, "kubelet", "bare kubelet"],
  ["Commands", true, false, undefined, "gate volume"],
  ["Commands", true, false, "volume", "gate volume"],
  ["Commands", true, false, "kubelet", "gate kubelet"],
  ["Commands", false, true, undefined, "gate volume"],
  ["Commands", false, true, "volume", "gate volume"],
  ["Commands", false, true, "kubelet", "gate kubelet"],
  ["Commands", true, true, undefined, "gate volume"],
  ["Commands", true, true, "volume", "gate volume"],
  ["Commands", true, true, "kubelet", "gate kubelet"],
  ["Entrypoint", false, false, undefined, "bare kubelet"],
  ["Entrypoint", false, false, "volume", "refused"],
  ["Entrypoint", false, false, "kubelet", "bare kubelet"],
  ["Entrypoint", true, false, undefined, "init kubelet"],
  ["Entrypoint", true, false, "volume", "refused"],
  ["Entrypoint", true, false, "kubelet", "init kubelet"],
  ["Entrypoint", false, true, undefined, "init kubelet"],
  ["Entrypoint", false, true, "volume", "refused"],
  ["Entrypoint", false, true, "kubelet", "init kubelet"],
  ["Entrypoint", true, true, undefined, "init kubelet"],
  ["Entrypoint", true, true, "volume", "refused"],
  ["Entrypoint", true, true, "kubelet", "init kubelet"]
]

describe("podShape", () => {
  for (const [command, hasInputs, wantsOutputs, logs, expected] of table) {
    it(`${command}, inputs ${hasInputs}, outputs ${wantsOutputs}, logs ${logs}: ${expected}`, () => {
      const shape = podShape({ command, hasInputs, wantsOutputs, logs })
      const found = Result.match(shape, { onFailure: () => "refused", onSuccess: (one) => `${one.shape} ${one.logs}` })
      assert.strictEqual(found, expected)
      if (Result.isSuccess(shape)) assert.match(shape.success.reason, /^[a-z][^.]+\.$/)
      else assert.match(shape.failure, /logs: volume.*entrypoint/)
    })
  }
})
