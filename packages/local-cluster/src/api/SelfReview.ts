/**
 * What users may ask about themselves: who they are and what they may do. Pure.
 */
import { Result } from "effect"
import { isAllowed } from "./Access.ts"
import { type ApiAnswer, type ApiRequest, answer } from "./ApiRequest.ts"
import { type ApiStatus, badRequest } from "./ApiStatus.ts"

/** Answers a SelfSubjectAccessReview. */
export const reviewAccess = (request: ApiRequest): Result.Result<ApiAnswer, ApiStatus> => {
  const review = request.body as
    | { readonly spec?: { readonly resourceAttributes?: Record<string, string> } }
    | undefined
  const wanted = review?.spec?.resourceAttributes
  if (wanted === undefined) return Result.fail(badRequest("spec.resourceAttributes: Required value"))
  const allowed = isAllowed(request.user, {
    verb: wanted["verb"] ?? "",
    group: wanted["group"] ?? "",
    resource: wanted["resource"] ?? "",
    subresource: wanted["subresource"] || undefined,
    namespace: wanted["namespace"] || undefined
  })
  const head = { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {} }
  return Result.succeed(answer({ ...head, spec: review?.spec, status: { allowed } }, 201))
}

/** Answers a SelfSubjectReview. */
export const reviewSelf = ({ user }: ApiRequest): ApiAnswer => {
  const head = { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata: {} }
  return answer({ ...head, status: { userInfo: { username: user.name, groups: ["system:authenticated"] } } }, 201)
}
