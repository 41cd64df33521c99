/**
 * The words of a `KubeError`: what was tried, what happened, and what to do about it. Pure. A
 * message begins with what happened ("Could not create pod team/etl-1: ..."); the name of the
 * operation stays data.
 */
import { Match, Schema } from "effect"
import type { KubeReason } from "./KubeReason.ts"
import { isRbacRefusal } from "./ReasonClass.ts"
import { oneLine, serverWords } from "./ServerWords.ts"

/** What an operation was about. */
export const KubeSubject = Schema.Struct({
  namespace: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  container: Schema.optionalKey(Schema.String)
})

/** What an operation was about. */
export type KubeSubject = typeof KubeSubject.Type

const podOf = ({ namespace, name }: KubeSubject): string => {
  if (name !== undefined) return `pod ${namespace === undefined ? "" : `${namespace}/`}${name}`
  return namespace === undefined ? "a pod" : `a pod in namespace ${namespace}`
}

const allOf = (what: string, { namespace }: KubeSubject): string =>
  namespace === undefined ? `the ${what} of all namespaces` : `the ${what} of namespace ${namespace}`

const within = (subject: KubeSubject): string =>
  `${subject.container === undefined ? "" : `container ${subject.container} of `}${podOf(subject)}`

/** Every operation of this package, as `Service.method`, and how a person calls it. */
const deeds = {
  "Pods.create": (subject) => `create ${podOf(subject)}`,
  "Pods.tryCreate": (subject) => `check whether ${podOf(subject)} can be created`,
  "Pods.get": (subject) => `read ${podOf(subject)}`,
  "Pods.list": (subject) => `list ${allOf("pods", subject)}`,
  "Pods.delete": (subject) => `delete ${podOf(subject)}`,
  "Pods.annotate": (subject) => `change an annotation of ${podOf(subject)}`,
  "PodWatch.changes": (subject) => `watch ${allOf("pods", subject)}`,
  "PodEvents.follow": (subject) => `watch ${allOf("events", subject)}`,
  "PodLog.read": (subject) => `read the log of ${within(subject)}`,
  "Exec.open": (subject) => `start a command in ${within(subject)}`,
  "Exec.output": (subject) => `read from the command in ${within(subject)}`,
  "Exec.send": (subject) => `send to the command in ${within(subject)}`,
  "AccessReview.version": () => "read the API server's version",
  "AccessReview.username": () => "ask the API server for our user name",
  "AccessReview.review": () => "ask the API server for our permissions",
  "KubeConnection.open": () => "connect to the cluster",
  "KubeConnection.credentials": () => "get credentials for the cluster",
  "KubeConnection.token": () => "get a token for the cluster"
} as const satisfies Readonly<Record<string, (subject: KubeSubject) => string>>

/** What was tried, as `Service.method`. */
export type KubeOperation = keyof typeof deeds

/** What was tried, as `Service.method`. */
export const KubeOperation = Schema.Literals(Object.keys(deeds) as ReadonlyArray<KubeOperation>)

const grant = (namespace: string, field: string | undefined): string =>
  namespace === ""
    ? "A ClusterRole, bound by a ClusterRoleBinding, must grant"
    : `A Role in namespace "${namespace}"${field === undefined ? "" : ` (${field})`} must grant`

const explain = Match.type<KubeReason>().pipe(
  Match.tagsExhaustive({
    Unreachable: ({ address, check = "the address in the kubeconfig, the network and any proxy", detail }) =>
      `the API server at ${address} cannot be reached (${serverWords(detail)}). Check ${check}.`,
    TlsFailure: ({
      check = "certificate-authority, tls-server-name and the client certificate in the kubeconfig",
      detail
    }) => `the TLS connection was refused (${serverWords(detail)}). Check ${check}.`,
    Unauthorized: ({ check, detail }) =>
      `the API server does not accept the credentials (${serverWords(detail)}). ${check === undefined ? "Sign in again, or check the token or certificate of the kubeconfig's user" : `Check ${check}`}.`,
    Forbidden: (reason) => {
      const { verb, resource, namespace, namespaceField, check, detail } = reason
      if (check !== undefined)
        return `the credentials belong to no user that the API server knows (${serverWords(detail)}). Check ${check}.`
      if (detail !== "" && !isRbacRefusal(reason)) return `the cluster refused it (403): ${serverWords(detail)}`
      const said = detail === "" ? "" : ` The server said: ${serverWords(detail)}`
      return `forbidden (403). ${grant(namespace, namespaceField)} verb "${verb}" on resource "${resource}" to this user or service account.${said}`
    },
    NotFound: ({ check, detail }) =>
      `not found (${serverWords(detail)}).${check === undefined ? "" : ` Check ${check}.`}`,
    AlreadyExists: ({ detail }) => `it exists already (${serverWords(detail)}).`,
    Conflict: ({ detail }) =>
      `it has changed since it was read, or another object has its name (${serverWords(detail)}). Read it again first.`,
    Invalid: ({ detail, causes }) =>
      causes.length === 0
        ? `the server refused the object: ${serverWords(detail)}`
        : `the server refused the object: ${serverWords(causes.map(({ field, message }) => `${field}: ${message}`).join("; "))}`,
    BadRequest: ({ detail }) => `the server refused the request: ${serverWords(detail)}`,
    TooManyRequests: ({ detail, retryAfterSeconds }) =>
      `the API server is overloaded (${serverWords(detail)}).${retryAfterSeconds === undefined ? "" : ` It asks to wait ${retryAfterSeconds} s.`}`,
    Gone: ({ detail }) => `the version to continue from is too old (${serverWords(detail)}). List again.`,
    ServerError: ({ code, detail }) => `the API server failed with ${code}: ${serverWords(detail)}`,
    Timeout: ({ seconds }) => `the API server did not answer within ${seconds} s.`,
    Cut: ({ detail }) => `the connection was lost before the end (${serverWords(detail)}).`,
    Protocol: ({ detail }) => `the API server gave an unexpected answer: ${serverWords(detail)}`,
    Config: ({ field, detail }) => (field === undefined ? serverWords(detail) : `${field}: ${serverWords(detail)}`),
    NotRunningYet: ({ detail }) => `the container is not running (${serverWords(detail)}).`
  })
)

/** What happened, and what to do about it, in one line; without what was tried. */
export const explainReason = (reason: KubeReason): string => oneLine(explain(reason))

/** The whole message, in one line: what was tried on what, then what happened and what to do. */
export const kubeMessage = (operation: KubeOperation, subject: KubeSubject, reason: KubeReason): string =>
  oneLine(`Could not ${deeds[operation](subject)}: ${explain(reason)}`)
