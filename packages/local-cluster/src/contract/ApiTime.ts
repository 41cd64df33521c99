/** Times as the API and container runtimes write them: RFC 3339 in UTC. Pure. */

/** Nanoseconds in a second; container runtimes count them from the epoch. */
export const NANOSECONDS = 1_000_000_000n

/**
 * A time of the API in whole seconds, `2026-01-02T03:04:05Z`; given in milliseconds since the
 * epoch, now by default.
 */
export const apiTime = (milliseconds = Date.now()): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z")

/**
 * A log record's time with nine decimals, `2026-01-02T03:04:05.000000006Z`; given in nanoseconds
 * since the epoch.
 */
export const logTime = (nanoseconds: bigint): string => {
  const seconds = new Date(Number(nanoseconds / NANOSECONDS) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${(nanoseconds % NANOSECONDS).toString().padStart(9, "0")}Z`
}
