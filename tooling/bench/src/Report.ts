/**
 * What every kind of figure comes to, whatever it measures: the figures, tables for people, and
 * ratios for the chart.
 */

/** One bar of the chart. */
export interface Comparison {
  readonly what: string
  readonly reference: string
  /**
   * How many times as fast as the reference: by rates, or by times turned round. Above 1 is better
   * than the reference.
   */
  readonly speed: number
}

export interface Report {
  /** As JSON. */
  readonly figures: object
  /** As Markdown. */
  readonly tables: string
  readonly comparisons: ReadonlyArray<Comparison>
}
