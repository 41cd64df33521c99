/**
 * The building blocks of the runner's properties: how booleans, texts and durations are written in
 * files, and how a property carries the words that explain it. Pure.
 */
import { Duration, Effect, Schema, SchemaGetter } from "effect"
import { RunDuration } from "../values/RunDuration.ts"

/** A boolean, or its name as text: templates render to text. */
export const BooleanOrText = Schema.Union([Schema.Boolean, Schema.Literals(["true", "false"])]).pipe(
  Schema.decodeTo(Schema.Boolean, {
    decode: SchemaGetter.transform((value: boolean | "true" | "false") => value === true || value === "true"),
    encode: SchemaGetter.transform((value: boolean): boolean | "true" | "false" => value)
  })
)

/**
 * Text; YAML's plain numbers and booleans (`tier: 1`) are taken as their text, as labels can be
 * nothing else.
 */
export const Text = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((value: string | number | boolean) => String(value)),
    encode: SchemaGetter.transform((value: string): string | number | boolean => value)
  })
)

const PositiveInteger = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/** A count of at least one, or its digits as text: templates render to text. */
export const Count = Schema.Union([
  PositiveInteger,
  Schema.String.check(Schema.isPattern(/^[1-9]\d*$/, { message: "expected a whole number of at least 1" }))
]).pipe(
  Schema.decodeTo(PositiveInteger, {
    decode: SchemaGetter.transform((value: number | string) => Number(value)),
    encode: SchemaGetter.transform((value: number): number | string => value)
  })
)

export const Texts = Schema.Record(Schema.String, Text)
export const Name = Schema.NonEmptyString

/** A DNS label (RFC 1123), as Kubernetes wants it: anything else could never be a namespace. */
export const Namespace = Schema.String.check(
  Schema.isPattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
    message: "expected the name of a namespace: at most 63 lower-case letters, digits and dashes"
  })
)

export const positive = RunDuration.check(
  Schema.makeFilter((length: Duration.Duration) =>
    Duration.toMillis(length) > 0 ? undefined : "expected a duration longer than zero"
  )
)

/** A schema with the words that explain its property; `kind` names the type to people. */
export const explained = <S extends Schema.Top>(schema: S, kind: string, description: string) =>
  schema.pipe(Schema.annotateEncoded({ title: kind, description }))

/** A key that may be absent, with the words that explain it; a default given here is somebody else's to apply. */
export const optional = <S extends Schema.Top>(
  schema: S,
  kind: string,
  description: string,
  otherDefault?: string | number | boolean
) =>
  Schema.optionalKey(
    schema.pipe(
      Schema.annotateEncoded({
        title: kind,
        description,
        ...(otherDefault === undefined ? {} : { default: otherDefault as S["Encoded"] })
      })
    )
  )

export const flag = (value: boolean, description: string) =>
  BooleanOrText.pipe(
    Schema.annotateEncoded({ title: "boolean", description, default: value }),
    Schema.withDecodingDefaultKey(Effect.succeed(value))
  )

export const duration = <S extends typeof RunDuration>(schema: S, value: string, description: string) =>
  schema.pipe(
    Schema.annotateEncoded({ title: "duration", description, default: value }),
    Schema.withDecodingDefaultKey(Effect.succeed(value))
  )
