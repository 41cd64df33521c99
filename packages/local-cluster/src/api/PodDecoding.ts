/**
 * Reads a Pod as the API server does: known fields of the right types, unknown fields told by their
 * path. Pure. What the values mean is `PodValidation.ts`.
 */
import { Result } from "effect"
import { isQuantity } from "../contract/Quantity.ts"
import type { KubeObject } from "../contract/Runtime.ts"
import { type ApiStatus, badRequest } from "./ApiStatus.ts"
import fieldsOfPod from "./PodFields.json" with { type: "json" }

export interface DecodedPod {
  /**
   * The object without the fields that nobody knows, and without nulls, which mean the same as
   * absence.
   */
  readonly object: KubeObject
  /** Paths of the fields left out, e.g. `spec.containers[0].imagee`, in the object's own order. */
  readonly unknown: ReadonlyArray<string>
}

/**
 * The fields of a Pod and what is in them, as the OpenAPI document of a Kubernetes 1.35 API server
 * has them: `[]X` is a list of X, `{}X` a map to X, a capital letter begins the name of another
 * entry. Written by the real tier (`tooling/conformance/real/podFields.test.ts` compares it with a
 * real server, and `-u` rewrites it).
 */
const POD_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = fieldsOfPod

interface Place {
  /** With indexes, as strict decoding reports it. */
  readonly path: string
  /** Without, as Go's JSON decoder does. */
  readonly goPath: string
  /** The Go struct that has the field. */
  readonly struct: string
}

const goType = (type: string): string => {
  if (type.startsWith("[]")) return `[]${goType(type.slice(2))}`
  if (type.startsWith("{}")) return `map[string]${goType(type.slice(2))}`
  if (type === "boolean") return "bool"
  return /^[A-Z]/.test(type) ? `v1.${type}` : type
}

const jsonType = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "boolean" ? "bool" : typeof value
}

const mismatch = (value: unknown, type: string, place: Place): string =>
  `json: cannot unmarshal ${jsonType(value)} into Go struct field ${place.struct}.${place.goPath} of type ${goType(type)}`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => jsonType(value) === "object"

/**
 * Thrown to leave the walk at the first wrong type, as Go's decoder ends there. Never leaves this
 * module.
 */
class Mismatch {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const decodeValue = (value: unknown, type: string, place: Place, unknown: Array<string>): unknown => {
  const wrong = () => new Mismatch(mismatch(value, type, place))
  if (type === "any") return value
  if (type.startsWith("[]")) {
    if (!Array.isArray(value)) throw wrong()
    return value.map((item, index) =>
      decodeValue(item, type.slice(2), { ...place, path: `${place.path}[${index}]` }, unknown)
    )
  }
  if (type.startsWith("{}")) {
    if (!isObject(value)) throw wrong()
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, decodeValue(item, type.slice(2), place, unknown)])
    )
  }
  const fields = POD_FIELDS[type]
  if (fields !== undefined) {
    if (!isObject(value)) throw wrong()
    return decodeStruct(value, type, fields, place, unknown)
  }
  switch (type) {
    case "string":
      if (typeof value !== "string") throw wrong()
      return value
    case "boolean":
      if (typeof value !== "boolean") throw wrong()
      return value
    case "int32":
    case "int64":
      if (!Number.isInteger(value)) throw wrong()
      return value
    case "int-or-string":
      if (typeof value !== "string" && !Number.isInteger(value)) throw wrong()
      return value
    case "quantity": {
      const text = typeof value === "number" ? String(value) : value
      if (typeof text !== "string") throw wrong()
      if (!isQuantity(text))
        throw new Mismatch(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
      return text
    }
    default:
      throw new Error(`PodFields.json has a type that is not known here: ${type}`)
  }
}

const decodeStruct = (
  value: Readonly<Record<string, unknown>>,
  struct: string,
  fields: Readonly<Record<string, string>>,
  place: Place,
  unknown: Array<string>
): KubeObject => {
  const known: Array<readonly [string, unknown]> = []
  for (const [key, item] of Object.entries(value)) {
    const path = place.path === "" ? key : `${place.path}.${key}`
    const type = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (type === undefined) unknown.push(path)
    else if (item !== null) {
      const goPath = place.goPath === "" ? key : `${place.goPath}.${key}`
      known.push([key, decodeValue(item, type, { path, goPath, struct }, unknown)])
    }
  }
  return Object.fromEntries(known)
}

/** Decodes the body of a request to create a pod. */
export const decodePod = (body: unknown): Result.Result<DecodedPod, ApiStatus> => {
  const refuse = (why: string) => Result.fail(badRequest(`Pod in version "v1" cannot be handled as a Pod: ${why}`))
  if (!isObject(body) || body["kind"] !== "Pod" || body["apiVersion"] !== "v1")
    return Result.fail(
      badRequest("the object provided is unrecognized (must be of type Pod): it needs apiVersion: v1 and kind: Pod")
    )
  const unknown: Array<string> = []
  try {
    const fields = POD_FIELDS["Pod"] ?? {}
    return Result.succeed({
      object: decodeStruct(body, "Pod", fields, { path: "", goPath: "", struct: "Pod" }, unknown),
      unknown
    })
  } catch (problem) {
    if (problem instanceof Mismatch) return refuse(problem.message)
    throw problem
  }
}

/** The refusal of unknown fields under `fieldValidation=Strict`. */
export const unknownFields = (paths: ReadonlyArray<string>): ApiStatus =>
  badRequest(
    `Pod in version "v1" cannot be handled as a Pod: strict decoding error: ${paths.map((path) => `unknown field "${path}"`).join(", ")}`
  )
