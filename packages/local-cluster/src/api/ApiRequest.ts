/**
 * A request as handlers see it, and what they answer. Types, and the readers of a query that
 * several handlers share.
 */
import type { Stream } from "effect"
import type { KubeObject } from "../contract/Runtime.ts"
import type { User } from "./Access.ts"
import type { RequestTarget } from "./ResourcePath.ts"

export type ResourceTarget = Extract<RequestTarget, { readonly _tag: "Resource" }>

export interface ApiRequest {
  readonly target: ResourceTarget
  readonly query: URLSearchParams
  readonly accept: string | undefined
  /** The decoded JSON body; undefined when there is none. */
  readonly body: unknown
  /** The `Content-Type`, by which patches differ; empty when there is none. */
  readonly contentType: string
  readonly user: User
}

export type ApiAnswer =
  | {
      readonly _tag: "Object"
      readonly code: number
      readonly object: KubeObject
      /** Sent as `Warning` headers, which kubectl shows. */
      readonly warnings?: ReadonlyArray<string>
    }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Stream"; readonly contentType: string; readonly bytes: Stream.Stream<Uint8Array> }

export const answer = (object: KubeObject, code = 200, warnings: ReadonlyArray<string> = []): ApiAnswer => ({
  _tag: "Object",
  code,
  object,
  warnings
})

/** Whether a boolean parameter is on, as Go's strconv reads it. */
export const flag = (query: URLSearchParams, name: string): boolean =>
  ["true", "True", "TRUE", "t", "T", "1"].includes(query.get(name) ?? "")
