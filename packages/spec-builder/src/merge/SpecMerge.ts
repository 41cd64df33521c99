/**
 * Merging fragments of a pod's spec, later layers over earlier ones, with lists merged as
 * Kubernetes' own API types key them. Pure: inputs are never changed and never shared with the
 * result.
 *
 * - Objects merge deep; `null` in a later layer removes a field that an earlier one set.
 * - Keyed lists merge by key, earlier layers first: an entry that both have stays where it was.
 * - Inside `securityContext`, and for argument lists (`command`, `args`), the later list replaces
 *   the earlier one.
 * - Other lists are concatenated; an earlier entry that the later list repeats is dropped.
 * - Of fields that exclude each other (a probe's `exec` and `httpGet`), the later layer's field
 *   replaces the earlier one.
 *
 * Merging layers one after the other gives the same as merging them at once. Where a field has one
 * type in all layers, none of them takes away by `null` and no list repeats a key, merging is
 * associative, and a layer merged with itself is itself.
 */
import type { JsonObject } from "../values/Json.ts"
import { mergeLayers } from "./LayerMerge.ts"
import { untraceObject } from "./Traced.ts"

/**
 * Merges layers, the last wins. The keys of the result come in the order in which layers first name
 * them.
 *
 * @example
 * mergeSpecs({ containers: [{ name: "main", tty: true }] }, { containers: [{ name: "main", tty: false }] })
 * // { containers: [{ name: "main", tty: false }] }
 */
export const mergeSpecs = (...layers: ReadonlyArray<JsonObject>): JsonObject =>
  untraceObject(mergeLayers(layers.map((value) => ({ from: "", value }))))
