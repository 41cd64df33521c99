/**
 * Asks the API server who we are, what we may do and which version it is. Reads nothing but
 * reviews, creates nothing that stays: reviews are answers, not objects.
 */
import { Context, Effect, Layer, type Option, Schema } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { type KubeRequest, protocolError, requestJson } from "../client/KubeRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import type { KubeOperation } from "../error/KubeMessage.ts"
import { type Permission, permissions } from "./Access.ts"
import { readServerVersion, type ServerVersion } from "./ServerVersion.ts"

/** A permission, and whether we have it in the namespace that was asked about. */
export interface ReviewedPermission {
  readonly permission: Permission
  readonly allowed: boolean
  /** The authoriser's own words, when it has any. */
  readonly reason?: string
}

const decodeAccess = Schema.decodeUnknownOption(
  Schema.Struct({
    status: Schema.Struct({
      allowed: Schema.Boolean,
      reason: Schema.optionalKey(Schema.String),
      evaluationError: Schema.optionalKey(Schema.String)
    })
  })
)

const decodeSelf = Schema.decodeUnknownOption(
  Schema.Struct({ status: Schema.Struct({ userInfo: Schema.Struct({ username: Schema.String }) }) })
)

/** Reviews of our own access. */
export class AccessReview extends Context.Service<
  AccessReview,
  {
    /** The server's version. */
    readonly version: Effect.Effect<ServerVersion, KubeError>
    /** Our user name, as the server's rules know it (`SelfSubjectReview`, stable since 1.28). */
    readonly username: Effect.Effect<string, KubeError>
    /**
     * Every permission a run needs, in the table's order, each asked with a
     * `SelfSubjectAccessReview`.
     */
    readonly review: (namespace: string) => Effect.Effect<ReadonlyArray<ReviewedPermission>, KubeError>
  }
>()("@podwright/k8s-io/AccessReview") {
  /** Reviews over a connection. */
  static readonly layer: Layer.Layer<AccessReview, never, KubeConnection> = Layer.suspend(() =>
    Layer.effect(AccessReview, makeAccessReview)
  )
}

const makeAccessReview = Effect.gen(function* () {
  const connection = yield* KubeConnection

  const read = <A>(request: KubeRequest, decode: (answer: unknown) => Option.Option<A>, what: string) =>
    Effect.flatMap(requestJson(connection, request), (answer) =>
      Effect.mapError(Effect.fromOption(decode(answer)), () => protocolError(request, `the answer is not a ${what}`))
    )

  const post = (operation: KubeOperation, group: string, kind: string, spec?: unknown): KubeRequest => {
    const resource = `${kind.toLowerCase()}s`
    return {
      operation,
      subject: {},
      access: { verb: "create", resource: `${resource}.${group}`, namespace: "" },
      method: "POST",
      path: `/apis/${group}/v1/${resource}`,
      body: { apiVersion: `${group}/v1`, kind, ...(spec === undefined ? {} : { spec }) }
    }
  }

  const version = read(
    {
      operation: "AccessReview.version",
      subject: {},
      access: { verb: "get", resource: "/version", namespace: "" },
      method: "GET",
      path: "/version"
    },
    readServerVersion,
    "version"
  )

  const username = Effect.map(
    read(
      post("AccessReview.username", "authentication.k8s.io", "SelfSubjectReview"),
      decodeSelf,
      "SelfSubjectReview with a user name"
    ),
    ({ status }) => status.userInfo.username
  )

  const ask = Effect.fnUntraced(function* (
    namespace: string,
    permission: Permission
  ): Effect.fn.Return<ReviewedPermission, KubeError> {
    const [resource = "", subresource] = permission.resource.split("/")
    const request = post("AccessReview.review", "authorization.k8s.io", "SelfSubjectAccessReview", {
      resourceAttributes: {
        namespace,
        verb: permission.verb,
        group: "",
        resource,
        ...(subresource === undefined ? {} : { subresource })
      }
    })
    const { status } = yield* read(request, decodeAccess, "SelfSubjectAccessReview with a status")
    const reason = [status.reason, status.evaluationError].filter(Boolean).join("; ")
    return { permission, allowed: status.allowed, ...(reason === "" ? {} : { reason }) }
  })

  const review = Effect.fn("AccessReview.review")((namespace: string) =>
    Effect.forEach(permissions, (permission) => ask(namespace, permission), { concurrency: "unbounded" })
  )

  return AccessReview.of({ version, username, review })
})
