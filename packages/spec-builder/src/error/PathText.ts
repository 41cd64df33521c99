/**
 * Tells a path from what is handed over in its place by mistake: a kubeconfig, a certificate, a key
 * or a token as text. An error that repeated such a text would put a credential into logs. Pure.
 * (k8s-io, which knows nothing of this package, has the same rule.)
 */

import { shownText } from "./ShownText.ts"

/** Longer texts are no path on any system that podwright runs on, characters. */
const LONGEST_PATH = 4096

/** Beginnings of JSON, of PEM, of base64 of PEM, and of a JSON Web Token, also behind a folder. */
const CONTENT = /-----BEGIN |(^|[/\s])(\{\s*"?\w+"?\s*:|LS0tLS1CRUdJTi|eyJ[\w-]{10})/

/** A last part of this length that is base64 or a random word: letters of both cases and digits, no dot. */
const OPAQUE = /^(?=[^/]*[a-z])(?=[^/]*[A-Z])(?=[^/]*\d)[\w+=-]{40,}$/

/** Whether a text is meant as the content of a file, where its path is asked for. */
const isContent = (text: string): boolean =>
  text.length > LONGEST_PATH ||
  /\p{Cc}/u.test(text) ||
  CONTENT.test(text) ||
  OPAQUE.test(text.slice(text.lastIndexOf("/") + 1))

/**
 * A value as a message shows it: a part of one line, bounded, and its length alone where it is the
 * content of a file.
 */
export const shownValue = (text: string, limit = 200): string => shownText(text, isContent(text) ? 0 : limit)

/** What to say where a text cannot be meant as a path, without repeating it; undefined where it can. */
export const pathProblem = (text: string): string | undefined =>
  isContent(text)
    ? `expected the path of a file, not its content (a text of ${text.length} characters): write it to a file and give that file's path`
    : undefined
