/**
 * Label and field selectors, as the API's `labelSelector` and `fieldSelector` write them. Pure. A
 * selector that cannot be read is a refusal in the real server's words.
 */
import { Result } from "effect"
import type { KubeObject } from "../contract/Runtime.ts"
import { type ApiStatus, badRequest } from "./ApiStatus.ts"

/** Whether an object is selected. */
export type Predicate = (object: KubeObject) => boolean

const labelsOf = (object: KubeObject): Readonly<Record<string, unknown>> => {
  const metadata = object["metadata"] as { readonly labels?: Readonly<Record<string, unknown>> } | undefined
  return metadata?.labels ?? {}
}

/** Splits at commas outside of parentheses: `a=b,c in (d,e)`. */
const requirements = (text: string): ReadonlyArray<string> =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "")

const KEY = "[A-Za-z0-9][-A-Za-z0-9_.]*(?:/[A-Za-z0-9][-A-Za-z0-9_.]*)?"
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`)
const EQUALS = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`)
const IN = new RegExp(`^(${KEY})\\s+(in|notin)\\s+\\(([-A-Za-z0-9_.,\\s]*)\\)$`)

const labelRequirement = (text: string): Predicate | undefined => {
  const exists = EXISTS.exec(text)
  if (exists) {
    const [, not, key = ""] = exists
    return (object) => Object.hasOwn(labelsOf(object), key) === (not === "")
  }
  const equals = EQUALS.exec(text)
  if (equals) {
    const [, key = "", operator, value] = equals
    return (object) => (labelsOf(object)[key] === value) === (operator !== "!=")
  }
  const among = IN.exec(text)
  if (among) {
    const [, key = "", operator, list = ""] = among
    const values = list.split(",").map((value) => value.trim())
    return (object) => {
      const value = labelsOf(object)[key]
      return (typeof value === "string" && values.includes(value)) === (operator === "in")
    }
  }
  return undefined
}

/** Reads a `labelSelector`; an empty one selects everything. */
export const labelSelector = (text: string): Result.Result<Predicate, ApiStatus> => {
  const predicates: Array<Predicate> = []
  for (const part of requirements(text)) {
    const predicate = labelRequirement(part)
    if (predicate === undefined) return Result.fail(badRequest(`unable to parse requirement: '${part}'`))
    predicates.push(predicate)
  }
  return Result.succeed((object) => predicates.every((holds) => holds(object)))
}

/** The fields that each resource can be selected by, a subset of the real server's. */
const FIELDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  pods: [
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP"
  ],
  events: [
    "metadata.name",
    "metadata.namespace",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type"
  ],
  namespaces: ["metadata.name", "status.phase"]
}

const at = (object: KubeObject, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], object)

/** Reads a `fieldSelector` for a resource; an empty one selects everything. */
export const fieldSelector = (resource: string, text: string): Result.Result<Predicate, ApiStatus> => {
  const predicates: Array<Predicate> = []
  for (const part of requirements(text)) {
    const match = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part)
    if (!match) return Result.fail(badRequest(`invalid selector: '${text}'; can't understand '${part}'`))
    const [, path = "", operator, value] = match
    if (!FIELDS[resource]?.includes(path)) return Result.fail(badRequest(`field label not supported: ${path}`))
    predicates.push((object) => (String(at(object, path) ?? "") === value) === (operator !== "!="))
  }
  return Result.succeed((object) => predicates.every((holds) => holds(object)))
}
