/**
 * Texts of others within a message: a file's name, a value, a server's answer. They may hold what
 * moves a terminal's cursor or begins a line that looks like ours, and they may be long. Pure.
 */

/** Controls (C0, DEL and C1), line separators, and what turns the direction of writing (UTS 55). */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escaped = (character: string): string => {
  const code = character.charCodeAt(0)
  const numbered =
    code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`
  return NAMED[character] ?? numbered
}

/** As much of one text as a message quotes unless told otherwise, characters. */
const SHOWN_CHARACTERS = 1000

/** A text as a part of one line: everything that is no text is escaped, a newline as `\n`. */
export const escapeText = (text: string): string => text.replace(UNSAFE, escaped)

/**
 * The same, bounded: everything that is no text is escaped (a newline as `\n`), and of a
 * long text the beginning is shown with its length, in at most `limit` characters and a few more.
 */
export const shownText = (text: string, limit: number = SHOWN_CHARACTERS): string => {
  // Cut before it is escaped, so that a text of megabytes costs nothing.
  const shown = escapeText(text.slice(0, limit))
  if (text.length <= limit && shown.length <= limit) return shown
  return `${shown.slice(0, limit)}… (${text.length} characters)`
}
