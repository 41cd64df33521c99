/** Delays before something is tried again. Pure. */

/**
 * The delay before try number `tries` (0 is the first): `first` doubled for each, up to `longest`;
 * all of one unit.
 */
export const doubled = (first: number, longest: number, tries: number): number => Math.min(longest, first * 2 ** tries)

/**
 * The delay ±20 %, so that runs that began to wait together do not continue together; `random` is
 * in [0, 1).
 */
export const spread = (delay: number, random: number): number => delay * (0.8 + 0.4 * random)
