/** An input as a file declares it: the shape of its keys, and what is known of it afterwards. */
import { type Json, JsonValue } from "@podwright/spec-builder"
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

const optional = Schema.optionalKey
const Texts = Schema.Array(Schema.String)
const Bound = Schema.Union([Schema.String, Schema.Finite, Schema.BigInt])
const Choices = Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.BigInt, Schema.Boolean]))

/** The keys of an input. Those of the web form alone (`prefill`, `isRadio`, …) are known and have no effect. */
export const InputFields = Schema.Struct({
  id: optional(Schema.NonEmptyString),
  /** The older name of `id`. */
  name: optional(Schema.NonEmptyString),
  type: InputType,
  description: optional(Schema.String),
  displayName: optional(Schema.String),
  required: optional(Schema.Boolean),
  defaults: optional(JsonValue),
  prefill: optional(JsonValue),
  dependsOn: optional(Schema.Struct({ inputs: Texts, condition: optional(Schema.String) })),
  validator: optional(Schema.String),
  min: optional(Bound),
  max: optional(Bound),
  after: optional(Schema.String),
  before: optional(Schema.String),
  values: optional(Choices),
  /** The older name of `values`. */
  options: optional(Choices),
  /** An expression whose value is the list of choices. */
  expression: optional(Schema.String),
  allowCustomValue: optional(Schema.Boolean),
  isRadio: optional(Schema.Boolean),
  autoSelectFirst: optional(Schema.Boolean),
  itemType: optional(InputType),
  extension: optional(Schema.String),
  accept: optional(Schema.Union([Schema.String, Texts])),
  allowedFileExtensions: optional(Texts)
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
