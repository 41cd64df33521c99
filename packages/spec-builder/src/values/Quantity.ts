/**
 * Kubernetes quantities (`500m`, `128Mi`, `1e3`) as a schema. Kept as text: the API server does the
 * arithmetic, but for what only we count.
 */
import { Schema, SchemaGetter } from "effect"

/**
 * The serialisation format of `k8s.io/apimachinery` `resource.Quantity`: decimal digits, then a
 * binary suffix (Ki ... Ei), a decimal one (n, u, m, k ... E) or a decimal exponent. A minus sign
 * is legal there but never for a resource, so it is not here.
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

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 }
}

/** The whole number that a quantity stands for, rounded up as Kubernetes does. */
export const quantityNumber = (quantity: Quantity): number => {
  const [, digits = "", suffix = ""] = QUANTITY.exec(quantity) ?? []
  const factor = suffix === "" ? 1 : (FACTORS[suffix] ?? Number(`1${suffix}`))
  return Math.ceil(Number(digits) * factor)
}
