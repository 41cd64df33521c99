/** Records of the stores as text: JSON whose numbers keep their digits. Pure. */
import { jsonText, parseJson } from "@podwright/spec-builder"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"

/** The JSON text of what a schema describes. */
export const storedJson = <S extends Schema.Constraint>(schema: S) =>
  Schema.String.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transformEffect((text: string) =>
        Effect.try({
          try: (): unknown => parseJson(text),
          catch: () => new SchemaIssue.InvalidValue({ expected: "JSON" })
        })
      ),
      encode: SchemaGetter.transform((value: unknown) => jsonText(value))
    }),
    Schema.decodeTo(schema)
  )
