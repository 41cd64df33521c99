/**
 * The keys by which a real API server merges the lists of a Pod's spec, from its OpenAPI document
 * (v3). Pure.
 */
import type { OpenApi } from "./PodFields.ts"

/** What the document says of one list field, wherever below a Pod's spec it occurs. */
export interface PublishedKey {
  readonly mapKeys: ReadonlyArray<string>
  /** Of strategic merge patches, which know a single field; undefined where the list has none. */
  readonly patchKey: string | undefined
}

const references = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner.replace("#/components/schemas/", "")] : references(inner)
  )
}

/**
 * Every keyed list below `PodSpec`, by its field. Throws when one name has different keys in
 * different places.
 */
export const publishedKeys = (document: OpenApi): ReadonlyMap<string, PublishedKey> => {
  const { schemas } = document.components
  const found = new Map<string, PublishedKey>()
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    for (const [field, schema] of Object.entries(schemas[name]?.properties ?? {})) {
      const mapKeys = schema["x-kubernetes-list-map-keys"]
      const patchKey = schema["x-kubernetes-patch-merge-key"]
      if (mapKeys !== undefined || patchKey !== undefined) {
        const key = { mapKeys: mapKeys ?? [], patchKey }
        const other = found.get(field)
        if (other !== undefined && JSON.stringify(other) !== JSON.stringify(key)) {
          throw new Error(`the document keys ${field} in two ways: ${JSON.stringify([other, key])}`)
        }
        found.set(field, key)
      }
      references(schema).forEach(visit)
    }
  }
  visit("io.k8s.api.core.v1.PodSpec")
  return found
}
