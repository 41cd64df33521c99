/**
 * Hides the values of secrets in what is shown: as they are, line by line, and in the forms that
 * they take in JSON, YAML, shell quotes, URLs and base64. Pure but for what it remembers.
 */

/** In place of a value. */
const MASK = "***"

/** Shorter texts stand in every other word: hiding them would hide everything, and tell them by it. */
const SHORTEST = 3

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g

/** The forms of a text that is one line. */
const formsOf = (text: string): ReadonlyArray<string> => {
  const bytes = Buffer.from(text)
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("'", "''"),
    text.replaceAll("'", "'\\''"),
    encodeURIComponent(text.toWellFormed()),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url")
  ]
}

/** The texts of a secret that is JSON, each of which may be asked for by itself. */
const innerTexts = (value: string): ReadonlyArray<string> => {
  if (!value.trimStart().startsWith("{")) return []
  const found: Array<string> = []
  try {
    JSON.parse(value, (_key, one: unknown) => {
      if (typeof one === "string") found.push(one)
      return one
    })
  } catch {
    // No JSON, so it has no fields either.
    return []
  }
  return found
}

/** Remembers values and hides them in texts. */
export class SecretMask {
  readonly #values = new Set<string>()
  readonly #forms = new Set<string>()
  #pattern: RegExp | undefined

  /** Hides this value from now on. */
  add(value: string): void {
    if (this.#values.has(value)) return
    this.#values.add(value)
    for (const text of [value, ...innerTexts(value)])
      for (const part of new Set([text, text.trim(), ...text.split(/\r?\n/)])) {
        if (part.trim().length < SHORTEST) continue
        for (const form of formsOf(part)) this.#forms.add(form)
      }
    // The longest first: a value may be the beginning of another.
    const forms = Array.from(this.#forms).sort((left, right) => right.length - left.length)
    this.#pattern =
      forms.length === 0 ? undefined : new RegExp(forms.map((form) => form.replace(SPECIAL, "\\$&")).join("|"), "g")
  }

  /** The text without any of the values. */
  apply(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, MASK)
  }
}
