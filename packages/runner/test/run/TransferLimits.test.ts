import { assert, describe, it } from "@effect/vitest"
import { outputLimits } from "@podwright/file-sync"
import { decodeRunnerProperties, runnerReference } from "@podwright/spec-builder"
import { Result } from "effect"
import { transferLimits } from "../../src/run/TransferLimits.ts"

const limitsOf = (transfer: object) => transferLimits(Result.getOrThrow(decodeRunnerProperties({ transfer })).transfer)

describe("transferLimits", () => {
  it("are file-sync's where none are given", () => assert.deepStrictEqual(limitsOf({}), outputLimits))

  it("are those given", () =>
    assert.deepStrictEqual(limitsOf({ maxEntries: "10", maxBytes: "1.5Ki", maxDepth: 3 }), {
      ...outputLimits,
      ...{ entries: 10, bytes: 1536, depth: 3 }
    }))

  it("are documented as they are", () => {
    const documented = Object.fromEntries(
      runnerReference().flatMap(({ default: value, name }) =>
        name.startsWith("transfer.max") ? [[name.slice("transfer.".length), value]] : []
      )
    )
    assert.deepStrictEqual(limitsOf(documented), outputLimits)
  })
})
