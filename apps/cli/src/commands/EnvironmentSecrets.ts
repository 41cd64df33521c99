/** Secrets of expressions: the environment of this process, as Kestra's open edition has them. Pure. */
import type { ExpressionScope } from "@podwright/task-file"

type Environment = Readonly<Record<string, string | undefined>>

/** Base64 as Java reads it: whole, on one line, with its `=` or without. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

const decoded = (name: string, value: string): string | { readonly problem: string } => {
  const advice = `give it by: export ${name}=$(printf %s VALUE | base64 | tr -d '\\n'), or as text with --plain-secrets`
  if (!BASE64.test(value)) return { problem: `the environment variable ${name} is no base64; ${advice}` }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, "base64"))
  } catch {
    return { problem: `the environment variable ${name} is base64 of what is no text; ${advice}` }
  }
}

/** The variable of a key, which may be written in any case; one in the case of the key comes first. */
const nameOf = (env: Environment, key: string): string | undefined => {
  const wanted = `SECRET_${key}`
  if (env[wanted] !== undefined) return wanted
  return Object.keys(env).find((name) => name.toUpperCase() === wanted.toUpperCase())
}

/**
 * Answers `secret('NAME')` with the variable SECRET_NAME: base64, or with `plain` the text itself.
 * `found` is called with every value before it is given.
 */
export const environmentSecrets =
  (env: Environment, plain: boolean, found: (value: string) => void): ExpressionScope["secret"] =>
  (key) => {
    const name = nameOf(env, key)
    const value = name === undefined ? undefined : env[name]
    if (name === undefined || value === undefined) return undefined
    const text = plain ? value : decoded(name, value)
    if (typeof text === "string") found(text)
    return text
  }
