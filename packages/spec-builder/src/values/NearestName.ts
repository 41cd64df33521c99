/**
 * Which known name somebody meant: the nearest by edits, when it is near enough to be a typing
 * mistake. Pure.
 */

/** Levenshtein distance, two rows at a time. */
const distance = (left: string, right: string): number => {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const swap = (above[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(swap, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[right.length] ?? 0
}

/**
 * The nearest known name, if at most two fifths of the longer name differ (case aside): two letters
 * swapped in five.
 */
export const nearestName = (name: string, known: ReadonlyArray<string>): string | undefined => {
  let best: { readonly name: string; readonly edits: number } | undefined
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase())
    const allowed = Math.floor(Math.max(name.length, candidate.length) * 0.4)
    if (edits <= allowed && (best === undefined || edits < best.edits)) best = { name: candidate, edits }
  }
  return best?.name
}
