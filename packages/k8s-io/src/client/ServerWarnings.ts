/**
 * What the API server warns of beside an answer that it gives: `Warning` headers, which kubectl
 * prints (KEP-1693). Pure.
 */

/** RFC 9110's `warn-code warn-agent "warn-text"`; headers of one name arrive joined by commas. */
const WARNING = /\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g

/** The texts of the warnings in a `Warning` header, in their order; none for an absent header. */
export const warningsOf = (header: string | undefined): ReadonlyArray<string> =>
  Array.from((header ?? "").matchAll(WARNING), ([, text = ""]) => text.replace(/\\(.)/g, "$1"))
