/** What a run says of outputs that did not come back. */
import { assert, describe, it } from "@effect/vitest"
import { changeWarnings, explainMissing, renameWarnings, skipWarnings } from "../../src/task/OutputWords.ts"

describe("skipWarnings", () => {
  it("is one line for each, whatever the names hold, and one for the many", () => {
    assert.deepStrictEqual(skipWarnings([]), [])
    assert.deepStrictEqual(skipWarnings([{ name: "a\npodwright: \u001b[2J", reason: "it is a link to x\ny" }]), [
      "output 'a\\npodwright: \\x1b[2J' did not come back: it is a link to x\\ny"
    ])
    const many = skipWarnings(Array.from({ length: 25 }, (_, index) => ({ name: `n${index}`, reason: "it is a Fifo" })))
    assert.strictEqual(many.length, 21)
    assert.match(many[20] ?? "", /^5 more outputs did not come back/)
  })
})

describe("renameWarnings", () => {
  it("is one line for each of the first, and one for the many", () => {
    const renamed = Array.from({ length: 25 }, (_, index) => ({ name: `n\n${index}`, as: `work/n\n${index}` }))
    const warnings = renameWarnings(renamed)
    assert.strictEqual(warnings.length, 21)
    assert.strictEqual(
      warnings[0],
      "output 'n\\n0' of the working folder came back as 'work/n\\n0': the output folder has one of its name"
    )
    assert.match(warnings[20] ?? "", /^5 more outputs of the working folder/)
  })
})

describe("changeWarnings", () => {
  it("is one line for each of the first, and one for the many", () => {
    const warnings = changeWarnings(Array.from({ length: 21 }, (_, index) => `n\n${index}`))
    assert.strictEqual(warnings.length, 21)
    assert.match(warnings[0] ?? "", /^output 'n\\n0' was written to while it was collected/)
    assert.match(warnings[20] ?? "", /^1 more outputs were written to/)
  })
})

describe("explainMissing", () => {
  const skipped = [{ name: "link", reason: "it is a link to a" }]
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["x", "y"], "the command succeeded but did not write 'x', 'y' (outputFiles)"],
    [["link"], "the command succeeded but 'link' did not come back: it is a link to a (outputFiles)"],
    [
      ["link", "x"],
      "the command succeeded but did not write 'x'; 'link' did not come back: it is a link to a (outputFiles)"
    ]
  ]
  for (const [names, message] of cases)
    it(message, () => assert.strictEqual(explainMissing({ names, skipped }), message))
})
