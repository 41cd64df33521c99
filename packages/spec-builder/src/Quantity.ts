/**
 * Kubernetes quantities (`500m`, `128Mi`, `1e3`) as a schema. Kept as text: the API server does the arithmetic.
 */
import { Schema, SchemaGetter } from "effect"

/**
 * The serialisation format of `k8s.io/apimachinery` `resource.Quantity`: decimal digits, then a binary suffix (Ki ... Ei), a
 * decimal one (n, u, m, k ... E) or a decimal exponent. A minus sign is legal there but never for a resource, so it is not here.
 */
const QUANTITY = /^\+?(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/

const expected = "expected a Kubernetes quantity such as 500m, 2 or 128Mi"

const QuantityText = Schema.String.pipe(Schema.check(Schema.isPattern(QUANTITY, { message: expected })))

/** A quantity; YAML's plain numbers (`cpu: 2`, `cpu: 0.5`) are taken as their text. */
export const Quantity = Schema.Union([Schema.String, Schema.Finite]).pipe(
  Schema.decodeTo(QuantityText, {
    decode: SchemaGetter.transform((value: string | number) => String(value)),
    encode: SchemaGetter.transform((value: string): string | number => value)
  })
)
export type Quantity = typeof Quantity.Type
