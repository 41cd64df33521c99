/**
 * The fields of a Pod as a real API server publishes them (OpenAPI v3), written as
 * `packages/local-cluster/src/api/PodFields.json`. Pure. The real tier compares the two, and `-u`
 * rewrites the file.
 */

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly items?: Schema
  readonly allOf?: ReadonlyArray<Schema>
  readonly additionalProperties?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  /**
   * Of lists: the fields that tell entries apart, and the one of them that strategic merge patches
   * know.
   */
  readonly "x-kubernetes-list-map-keys"?: ReadonlyArray<string>
  readonly "x-kubernetes-patch-merge-key"?: string
}

export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Schemas without properties, which stand for one JSON value. */
const SCALARS: Readonly<Record<string, string>> = {
  Quantity: "quantity",
  IntOrString: "int-or-string",
  Time: "string",
  FieldsV1: "any"
}

const shortName = (reference: string): string => reference.split(".").at(-1) ?? reference

/** The text of the table, from the document at \`/openapi/v3/api/v1\`. */
export const podFieldsJson = (document: OpenApi): string => {
  const { schemas } = document.components
  const entries = new Map<string, Readonly<Record<string, string>>>()
  const typeOf = (schema: Schema): string => {
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
    if (reference !== undefined) {
      const name = shortName(reference)
      if (SCALARS[name] !== undefined) return SCALARS[name]
      collect(reference)
      return name
    }
    if (schema.type === "array") return `[]${typeOf(schema.items ?? {})}`
    if (schema.type === "object")
      return schema.additionalProperties === undefined ? "any" : `{}${typeOf(schema.additionalProperties)}`
    if (schema.type === "integer") return schema.format ?? "int64"
    return schema.type ?? "any"
  }
  const collect = (reference: string): void => {
    const name = shortName(reference)
    if (entries.has(name)) return
    entries.set(name, {})
    const { properties = {} } = schemas[reference.replace("#/components/schemas/", "")] ?? {}
    entries.set(name, Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, typeOf(schema)])))
  }
  collect("#/components/schemas/io.k8s.api.core.v1.Pod")
  const byName = <A>(members: Iterable<readonly [string, A]>) =>
    Object.fromEntries(Array.from(members).sort(([a], [b]) => (a < b ? -1 : 1)))
  const table = byName(Array.from(entries, ([name, fields]) => [name, byName(Object.entries(fields))] as const))
  return `${JSON.stringify(table, null, 2)}\n`
}
