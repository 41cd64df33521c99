import { assert, describe, it } from "@effect/vitest"
import { cancelText, type PodCancel, readCancel } from "../../src/claim/PodCancel.ts"

const asked: PodCancel = { by: "ann@laptop", at: "2026-01-02T03:04:05.000Z" }

describe("readCancel", () => {
  const table: ReadonlyArray<readonly [string, string | undefined, PodCancel | undefined]> = [
    ["no annotation: nobody asks", undefined, undefined],
    ["what `cancelText` wrote", cancelText(asked), asked],
    [
      "what somebody wrote by hand asks all the same",
      "yes",
      { by: "somebody who did not say who", at: "an unknown time" }
    ]
  ]
  it.each(table)("%s", (_name, text, expected) => {
    assert.deepStrictEqual(readCancel(text), expected)
  })
})
