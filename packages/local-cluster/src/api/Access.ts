/**
 * Who may do what: bearer tokens, and rules in the form of RBAC's. Pure.
 */
import { type ApiStatus, forbidden } from "./ApiStatus.ts"

/** RBAC's PolicyRule, the part that this server reads. */
export interface PolicyRule {
  readonly apiGroups: ReadonlyArray<string>
  /** `pods`, `pods/exec`, … or `*`. */
  readonly resources: ReadonlyArray<string>
  readonly verbs: ReadonlyArray<string>
}

export interface User {
  readonly name: string
  /** What the user may do in one namespace; absent for an administrator, who may do everything. */
  readonly role?: { readonly namespace: string; readonly rules: ReadonlyArray<PolicyRule> }
}

/** One thing somebody wants to do. */
export interface AccessQuestion {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

const covers = (list: ReadonlyArray<string>, wanted: string): boolean => list.includes("*") || list.includes(wanted)

const fullName = (question: AccessQuestion): string =>
  question.subresource === undefined ? question.resource : `${question.resource}/${question.subresource}`

export const isAllowed = (user: User, question: AccessQuestion): boolean => {
  if (user.role === undefined) return true
  if (question.namespace !== user.role.namespace) return false
  return user.role.rules.some(
    (rule) =>
      covers(rule.apiGroups, question.group) &&
      covers(rule.resources, fullName(question)) &&
      covers(rule.verbs, question.verb)
  )
}

/** The refusal of what is not allowed, worded as RBAC words it. */
export const accessDenied = (user: User, question: AccessQuestion): ApiStatus => {
  const subject = question.name === undefined ? question.resource : `${question.resource} "${question.name}"`
  const where = question.namespace === undefined ? "at the cluster scope" : `in the namespace "${question.namespace}"`
  return forbidden(
    `${subject} is forbidden: User "${user.name}" cannot ${question.verb} resource "${fullName(question)}" in API group "${question.group}" ${where}`,
    question.resource,
    question.name
  )
}
