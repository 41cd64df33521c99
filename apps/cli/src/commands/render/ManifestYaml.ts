/**
 * A pod's manifest as YAML that every reader understands alike: kubectl reads YAML 1.1, people read
 * 1.2. Pure.
 *
 * A text is written plain only where no version takes it for anything else, as a block where it has
 * several lines, else in double quotes.
 */
import { type ExplainedPod, type FieldOrigin, type Json, jsonText } from "@podwright/spec-builder"
import type { DefaultedKey } from "@podwright/task-file"
import { Document, isCollection, isScalar, Scalar, visit } from "yaml"

/**
 * Begins with a letter or `/`, so it is no number, date or mark, and holds nothing that ends a
 * plain text.
 */
const PLAIN = /^[A-Za-z/](?:[\w./@+-]|[: ](?=[\w./@+-]))*$/
/**
 * What YAML 1.1 takes for a boolean or null, in the cases it knows, or some of its readers for a
 * number: an exponent of nothing.
 */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|e\d+)$/i
/**
 * What may stand in a block as it is: no control characters, no line ends but `\n`, nothing that is
 * a space at a line's end.
 */
const BLOCK = /^(?=[^\n ])[\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/
/** Line ends of YAML 1.1 and the byte order mark, which stand raw in double quotes otherwise. */
const HIDDEN = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

/** Longest value in a comment: what else it says should still be on a screen. */
const SHOWN = 60

const isBlock = (text: string): boolean => text.includes("\n") && BLOCK.test(text) && !/[ \t](\n|$)/.test(text)

const styleOf = (text: string): Scalar.Type => {
  if (isBlock(text)) return Scalar.BLOCK_LITERAL
  return PLAIN.test(text) && !RESERVED.test(text) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE
}

const visible = (text: string): string =>
  text.replaceAll(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

const shown = (value: Json): string => {
  const text = visible(jsonText(value))
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

const commentOf = ({ from, overrode }: FieldOrigin): string =>
  ` ${[from, ...overrode.toReversed().map((one) => `over ${shown(one.value)} of ${one.from}`)].join(", ")}`

const addOrigin = (document: Document, field: FieldOrigin): void => {
  const node = document.getIn(field.path, true)
  if (isScalar(node)) node.comment = commentOf(field)
  else if (isCollection(node)) node.commentBefore = commentOf(field)
}

/** A document whose texts are styled so that every reader takes them for texts. */
const styled = (value: unknown): Document => {
  const document = new Document(value, { version: "1.2", aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string") node.type = styleOf(node.value)
    }
  })
  return document
}

const textOf = (document: Document): string =>
  visible(document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }))

/** A key of the task that a default of the file has set, and which. */
const defaultLine = ({ forced, from, key }: DefaultedKey): string =>
  ` ${key.join(".")} is from ${from[0]}[${from[1]}]${forced ? ", forced" : ""}`

/** Objects as YAML for `kubectl apply`, a document each. */
export const objectsYaml = (objects: ReadonlyArray<object>): string =>
  objects.map((object) => textOf(styled(object))).join("---\n")

/**
 * One document, with the pod's shape and why it has it on top; with `explain` every field says
 * which layer set it, and the top which keys of the task are from the file's `pluginDefaults`.
 */
export const manifestYaml = (
  taskId: string,
  { fields, plan }: ExplainedPod,
  explain: boolean,
  defaults: ReadonlyArray<DefaultedKey> = []
): string => {
  const document = styled(plan.manifest)
  if (explain) for (const field of fields) addOrigin(document, field)
  document.commentBefore = visible(
    [
      ` task ${JSON.stringify(taskId)}: shape ${plan.shape}, logs ${plan.logs}`,
      ` ${plan.reason}`,
      ...(explain ? defaults.map(defaultLine) : [])
    ].join("\n")
  )
  return textOf(document)
}
