/**
 * Bars of ratios to a reference, as SVG: on a logarithmic scale, because half as fast and twice as
 * fast are equally far from the reference's line at 1. One grey for lines and words that can be
 * read on white and on black, whatever page it stands in. Pure.
 */
import type { Comparison } from "./Report.ts"

export interface ChartGroup {
  readonly title: string
  readonly bars: ReadonlyArray<Comparison>
}

const WIDTH = 900
/** Where the scale begins; what is compared stands before it. */
const LEFT = 470
/** Room behind the scale for a bar's number. */
const RIGHT = 56
const ROW = 20
const BAR = 12
const TITLE = 34
/** Room for the scale's numbers above the bars. */
const TOP = 28
const GREY = "#737d87"
const FASTER = "#1a9b76"
const SLOWER = "#d0782a"
const TICKS = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000]

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const shown = (speed: number): string => speed.toFixed(speed >= 10 ? 0 : speed >= 1 ? 1 : 2)

const at = (value: number): string => value.toFixed(1)

/** The ticks that enclose all bars, and the reference's line with at least one on each side. */
const ticksFor = (speeds: ReadonlyArray<number>): ReadonlyArray<number> => {
  const lowest = Math.min(0.5, ...speeds)
  const highest = Math.max(2, ...speeds)
  const from = Math.max(
    0,
    TICKS.findLastIndex((tick) => tick <= lowest)
  )
  const to = TICKS.findIndex((tick) => tick >= highest)
  return TICKS.slice(from, to < 0 ? undefined : to + 1)
}

/** Throws where a bar has no ratio: what was not measured has no place in a chart. */
export const chartSvg = (groups: ReadonlyArray<ChartGroup>): string => {
  const unknown = groups.flatMap(({ bars }) => bars).find(({ speed }) => !(speed > 0 && Number.isFinite(speed)))
  if (unknown !== undefined) throw new Error(`no ratio of '${unknown.what}' to '${unknown.reference}': measure again`)
  const ticks = ticksFor(groups.flatMap(({ bars }) => bars.map(({ speed }) => speed)))
  const [first = 1, last = 1] = [ticks[0], ticks.at(-1)]
  const place = (value: number): number =>
    LEFT + ((WIDTH - RIGHT - LEFT) * Math.log(value / first)) / Math.log(last / first)
  const parts: Array<string> = []
  let y = TOP
  for (const { bars, title } of groups) {
    y += TITLE
    parts.push(`<text class="title" x="0" y="${y - 10}">${escaped(title)}</text>`)
    for (const { reference, speed, what } of bars) {
      const [from, to] = [Math.min(place(1), place(speed)), Math.max(place(1), place(speed))]
      const name = `${escaped(what)} <tspan class="reference">vs ${escaped(reference)}</tspan>`
      parts.push(
        `<text class="name" x="${LEFT - 10}" y="${y + BAR - 2}">${name}</text>`,
        `<rect x="${at(from)}" y="${y}" width="${at(to - from)}" height="${BAR}" fill="${speed >= 1 ? FASTER : SLOWER}"/>`,
        `<text x="${at(to + 6)}" y="${y + BAR - 2}">${shown(speed)}×</text>`
      )
      y += ROW
    }
  }
  const height = y + 8
  const scale = ticks.flatMap((tick) => [
    `<line x1="${at(place(tick))}" y1="${TOP}" x2="${at(place(tick))}" y2="${height}"${tick === 1 ? ' class="one"' : ""}/>`,
    `<text class="tick" x="${at(place(tick))}" y="${TOP - 8}">${tick}</text>`
  ])
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="podwright's speed as a ratio to references">
<style>
text { font: 12px system-ui, sans-serif; fill: ${GREY} }
.title { font-weight: bold; font-size: 13px }
.name { text-anchor: end }
.reference { font-style: italic }
.tick { text-anchor: middle; font-size: 11px }
line { stroke: ${GREY}; stroke-opacity: 0.25 }
line.one { stroke-opacity: 1; stroke-width: 1.5 }
</style>
${[...scale, ...parts].join("\n")}
</svg>
`
}
