/**
 * Tells a path from what is handed over in its place by mistake: a kubeconfig, a certificate, a key
 * or a token as text. An error that repeated such a text would put a credential into logs. Pure.
 */

/** Longer texts are no path on any system that podwright runs on, characters. */
const LONGEST_PATH = 4096

/** Beginnings of JSON, of PEM, of base64 of PEM, and of a JSON Web Token. */
const CONTENT = /^\s*\{|-----BEGIN |^LS0tLS1CRUdJTi|(^|[/\s])eyJ[\w-]{10}/

/** What to say where a text cannot be meant as a path, without repeating it; undefined where it can. */
export const pathProblem = (text: string): string | undefined => {
  const isContent = text.length > LONGEST_PATH || /\p{Cc}/u.test(text) || CONTENT.test(text)
  return isContent
    ? `expected the path of a file, not its content (a text of ${text.length} characters): write it to a file and give that file's path`
    : undefined
}
