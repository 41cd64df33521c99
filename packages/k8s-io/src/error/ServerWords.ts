/**
 * What servers, registries and kubelets say, as a part of one line of a message: a text of theirs may
 * hold what moves a terminal's cursor or begins a line that looks like ours, and may be long. Pure.
 */

/** Controls (C0, DEL and C1), line separators, and what turns the direction of writing (UTS 55). */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Quotas, policies and admission webhooks explain themselves in less; a proxy's page does not. */
const SHOWN_CHARACTERS = 1000

/** A text's controls as JSON and Kubernetes write them. */
const escaped = (character: string): string =>
  character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** A text as a part of one line: everything that is no text is escaped. */
export const oneLine = (text: string): string => text.replace(UNSAFE, escaped)

/** The same for words of others: of a long text the beginning is shown, with its length. */
export const serverWords = (words: string): string => {
  const text = words.trim()
  // Cut before it is escaped, so that a text of megabytes costs nothing.
  const shown = oneLine(text.slice(0, SHOWN_CHARACTERS))
  return text.length <= SHOWN_CHARACTERS && shown.length <= SHOWN_CHARACTERS
    ? shown
    : `${shown.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
}
