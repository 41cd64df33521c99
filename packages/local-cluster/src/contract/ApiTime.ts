/** Times as the API writes them: RFC 3339 in UTC, whole seconds. Pure. */

/** `2026-01-02T03:04:05Z`, of milliseconds since the epoch. */
export const apiTime = (milliseconds = Date.now()): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z")
