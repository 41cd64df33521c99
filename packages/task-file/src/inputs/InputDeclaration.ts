/** An input as a file declares it: the shape of its keys, and what is known of it afterwards. */
import { described, explained, type Json, JsonValue } from "@podwright/spec-builder"
import { Schema } from "effect"
import type { Path } from "../YamlDocument.ts"

/** The types an input may have. `ENUM` is the older name of `SELECT`. */
export const InputType = Schema.Literals([
  "STRING",
  "SELECT",
  "ENUM",
  "INT",
  "FLOAT",
  "BOOLEAN",
  "BOOL",
  "DATETIME",
  "DATE",
  "TIME",
  "DURATION",
  "FILE",
  "JSON",
  "YAML",
  "URI",
  "SECRET",
  "ARRAY",
  "MULTISELECT",
  "EMAIL"
])
export type InputType = typeof InputType.Type

const Texts = Schema.Array(Schema.String)
const Bound = Schema.Union([Schema.String, Schema.Finite, Schema.BigInt])
const Choices = Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.BigInt, Schema.Boolean]))

const ofForms = "Belongs to a web form; known, without effect."

/** The keys of an input. Those of the web form alone (`prefill`, `isRadio`, …) are known and have no effect. */
export const InputFields = Schema.Struct({
  id: described(Schema.NonEmptyString, "name", "Names the input; expressions read it as `inputs.ID`."),
  name: described(Schema.NonEmptyString, "name", "The older name of `id`."),
  type: explained(InputType, "type", "What its values are. `ENUM` is the older name of `SELECT`."),
  description: described(Schema.String, "text", "For people to read."),
  displayName: described(Schema.String, "text", "For people to read."),
  required: described(Schema.Boolean, "boolean", "Whether a run needs a value; without one it is null.", true),
  defaults: described(JsonValue, "any value", "The value where none is given; may be an expression of earlier inputs."),
  prefill: described(JsonValue, "any value", ofForms),
  dependsOn: described(
    Schema.Struct({
      inputs: explained(Texts, "list of names", "Inputs that the condition reads."),
      condition: described(Schema.String, "expression", "Where it does not hold, the input is null.")
    }),
    "object",
    "When the input is asked for."
  ),
  validator: described(Schema.String, "pattern", "A regular expression that must match the whole value."),
  min: described(Bound, "number or duration", "The smallest value."),
  max: described(Bound, "number or duration", "The largest value."),
  after: described(Schema.String, "date or time", "The earliest value."),
  before: described(Schema.String, "date or time", "The latest value."),
  values: described(Choices, "list of texts", "What can be chosen."),
  options: described(Choices, "list of texts", "The older name of `values`."),
  expression: described(Schema.String, "expression", "One whose value is the list of what can be chosen."),
  allowCustomValue: described(Schema.Boolean, "boolean", "Whether a value that is no choice is taken.", false),
  isRadio: described(Schema.Boolean, "boolean", ofForms),
  autoSelectFirst: described(Schema.Boolean, "boolean", ofForms),
  itemType: described(InputType, "type", "Of the items of an `ARRAY` or a `MULTISELECT`."),
  extension: described(Schema.String, "text", ofForms),
  accept: described(Schema.Union([Schema.String, Texts]), "list of endings", "Endings that a `FILE` may have."),
  allowedFileExtensions: described(Texts, "list of endings", "Endings that a `FILE` may have.")
})
export type InputFields = typeof InputFields.Type

/** An input that a file declares. */
export interface InputDeclaration {
  readonly id: string
  readonly type: InputType
  readonly required: boolean
  /** As written; undefined when there is none. */
  readonly defaults: Json | undefined
  /** What its values must be besides of its type. */
  readonly limits: InputLimits
  readonly path: Path
}

/** The keys that say which values of the type are meant. */
export type InputLimits = Pick<
  InputFields,
  | "dependsOn"
  | "validator"
  | "min"
  | "max"
  | "after"
  | "before"
  | "expression"
  | "allowCustomValue"
  | "itemType"
  | "accept"
  | "allowedFileExtensions"
> & { readonly values?: ReadonlyArray<string> }

/** The declaration of an input that stands at `path`; without an id it has none to be given by. */
export const declareInput = (input: InputFields, path: Path): InputDeclaration => {
  const { defaults, id, name, options, required, type, values = options, ...limits } = input
  return {
    id: id ?? name ?? "",
    type,
    required: required ?? true,
    defaults,
    limits: { ...limits, ...(values === undefined ? {} : { values: values.map(String) }) },
    path
  }
}
