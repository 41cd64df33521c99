/**
 * Texts of others, as a terminal may be shown them: a file's name, a label, an image or a server's
 * answer may hold what moves the cursor, sets a title, or begins a line that looks like ours. Pure.
 */

/** Controls but the newline, and what turns the direction of writing (Unicode TR 36). */
const UNSAFE = /(?!\n)[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const escaped = (character: string): string => {
  if (character === "\n") return "\\n"
  if (character === "\r") return "\\r"
  if (character === "\t") return "\\t"
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`
}

/** A message, which may have several lines: everything else that is no text is escaped. */
export const safeText = (text: string): string => text.replace(UNSAFE, escaped)

/** A name within a line: a newline is escaped, too. */
export const safeName = (name: string): string => safeText(name).replaceAll("\n", "\\n")
