/**
 * Quantities as Kubernetes writes them: `12Mi`, `0.5`, `1e3`. Pure.
 */

/** The server's own expression for quantities. */
const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const SUFFIX = /^([numkKMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$/

/** Whether the server can read a text as a quantity. */
export const isQuantity = (text: string): boolean => {
  const match = QUANTITY.exec(text)
  return match !== null && Number.isFinite(Number(match[1])) && SUFFIX.test(match[2] ?? "")
}

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60
}

/**
 * The number that a quantity stands for, in bytes or cores; NaN when the text is not a quantity.
 */
export const quantityValue = (text: string): number => {
  const match = /^([+-]?[0-9.]+(?:[eE][-+]?[0-9]+)?)([a-zA-Z]*)$/.exec(text)
  return match === null ? Number.NaN : Number(match[1]) * (FACTORS[match[2] ?? ""] ?? Number.NaN)
}
