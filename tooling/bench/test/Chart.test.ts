import { assert, describe, it } from "@effect/vitest"
import { benchmarksPage, type KeptResult, newestResults } from "../src/BenchmarksPage.ts"
import { chartSvg } from "../src/Chart.ts"

const bar = (speed: number, what = "a") => ({ what, reference: "b", speed })

const numbers = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].map(([, value]) => Number(value))

/** Where the reference's line stands, and each bar's two ends. */
const drawn = (svg: string) => {
  const [one = Number.NaN] = numbers(svg, /x1="([\d.]+)"[^>]* class="one"/g)
  const left = numbers(svg, /<rect x="([\d.]+)"/g)
  const width = numbers(svg, /<rect [^>]*width="([\d.]+)"/g)
  return { one, bars: left.map((x, index) => [x, x + (width[index] ?? 0)] as const) }
}

describe("chartSvg", () => {
  it("draws what is faster to the right of the line at 1, what is slower to its left, equally far for equal factors", () => {
    const { bars, one } = drawn(chartSvg([{ title: "t", bars: [bar(4), bar(0.25), bar(1)] }]))
    const [faster = [0, 0], slower = [0, 0], equal = [0, 0]] = bars
    assert.approximately(faster[0], one, 0.1)
    assert.approximately(slower[1], one, 0.2)
    assert.approximately(faster[1] - one, one - slower[0], 0.2)
    assert.approximately(equal[0], equal[1], 0.1)
  })

  it("keeps every bar within the picture", () => {
    for (const [, right] of drawn(chartSvg([{ title: "t", bars: [bar(0.004), bar(730)] }])).bars)
      assert.isBelow(right, 900)
  })

  it("refuses a bar without a ratio", () => {
    for (const speed of [Number.NaN, 0, Number.POSITIVE_INFINITY])
      assert.throws(() => chartSvg([{ title: "t", bars: [bar(speed)] }]), "no ratio of 'a' to 'b'")
  })

  it("escapes what it is told", () => {
    assert.include(chartSvg([{ title: "a & b", bars: [bar(1, "x < y")] }]), "x &lt; y")
  })
})

describe("benchmarksPage", () => {
  const result = (only: string, comparisons: KeptResult["comparisons"]): KeptResult => ({
    only,
    runs: 1,
    before: { at: "2026-01-02T03:04:05Z", load: [0.5, 0, 0] },
    comparisons,
    text: `## ${only}\n`
  })

  it("has the text of each result in order, and a group of bars for those that compare", () => {
    const { markdown, svg } = benchmarksPage([result("one", [bar(2)]), result("two", [])], ["one", "two", "three"])
    assert.isBelow(markdown.indexOf("## one"), markdown.indexOf("## two"))
    assert.include(markdown, "for kind in one two three;")
    assert.include(svg, "one: 1 run of each way, 2026-01-02, load 0.5")
    assert.notInclude(svg, "two:")
  })
})

describe("newestResults", () => {
  it("takes the later of two of a kind, in the kinds' order, and none of a kind that is no more", () => {
    const result = (only: string, at: string): KeptResult => ({
      only,
      runs: 1,
      before: { at, load: [0] },
      comparisons: [],
      text: at
    })
    const kept = [result("b", "2026-01-02"), result("old", "2026-01-01"), result("a", "2026-01-01")]
    const measured = [result("a", "2026-01-03"), result("b", "2026-01-01")]
    assert.deepStrictEqual(
      newestResults(["a", "b", "c"], kept, measured).map(({ only, text }) => [only, text]),
      [
        ["a", "2026-01-03"],
        ["b", "2026-01-02"]
      ]
    )
  })
})
