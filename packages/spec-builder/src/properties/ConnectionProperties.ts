/**
 * The fields of `config`, by the names of the reference: types, checks, defaults and the words that
 * explain them. Pure; whether their material is valid (does a key belong to its certificate?) is
 * checked where the connection is opened.
 */
import { Schema } from "effect"
import { pathProblem } from "../error/PathText.ts"
import { shownText } from "../error/ShownText.ts"
import { RunDuration } from "../values/RunDuration.ts"
import { duration, flag, Name, Namespace, optional, Text, Texts } from "./PropertySchema.ts"

/** Task types by the names of the reference, each with the key it works by here. */
const TASK_KEYS = {
  "io.kestra.plugin.core.http.Request": "uri",
  "io.kestra.plugin.scripts.shell.Commands": "commands"
} as const

const Address = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(text.trim()) && URL.canParse(text.trim())
        ? undefined
        : `expected the URL of an API server such as https://10.0.0.1:6443, not '${shownAddress(text)}'`,
    { toJsonSchema: () => [{ pattern: "^\\s*https?://" }, true] }
  )
)

/** A URL may hold a password, which no message may show; nor a credential given in its place. */
const shownAddress = (text: string): string =>
  pathProblem(text) === undefined ? shownText(text.replace(/\/\/[^@/]*@/, "//"), 200) : "…"

const Uri = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^https?:\/\//.test(text) && URL.canParse(text)
        ? undefined
        : `expected an http or https URL, not '${shownAddress(text)}'`,
    { toJsonSchema: () => [{ pattern: "^https?://" }, true] }
  )
)

const Path = Schema.String.check(
  Schema.makeFilter((text: string) => (text.trim() === "" ? "expected the path of a file" : pathProblem(text)), {
    toJsonSchema: () => [{ minLength: 1 }, true]
  })
)

const Pem = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /-----BEGIN /.test(text) || /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)
        ? undefined
        : "expected PEM (-----BEGIN …) or base64; line breaks are fine",
    { toJsonSchema: () => [{ minLength: 1 }, true] }
  )
)

/** What brings a token: a command on this machine, or an HTTP request from it. */
export const TokenTaskProperties = Schema.Struct({
  id: optional(Text, "text", "A name for people to read."),
  type: optional(
    Schema.Literals(["io.kestra.plugin.core.http.Request", "io.kestra.plugin.scripts.shell.Commands"]),
    "task type",
    "The task's type, as the reference names it. Absent: a task with `uri` is a request, a task with `commands` a command."
  ),
  commands: optional(
    Schema.NonEmptyArray(Schema.String),
    "list of texts",
    "Shell commands, run by `interpreter` on the machine that drives the run, not in a pod."
  ),
  interpreter: optional(
    Schema.NonEmptyArray(Schema.String),
    "list of texts",
    "The program, with its arguments, that gets the commands as its last argument.",
    '["/bin/sh","-c"]'
  ),
  env: optional(
    Texts,
    "texts",
    "Environment variables of the commands, in addition to those of podwright's own process."
  ),
  uri: optional(Uri, "URL", "The request's URL."),
  method: optional(
    Schema.Literals(["GET", "POST", "PUT", "PATCH"]),
    "GET, POST, PUT or PATCH",
    "The request's method.",
    "GET"
  ),
  headers: optional(Texts, "texts", "Headers of the request."),
  body: optional(Schema.String, "text", "Body of the request."),
  contentType: optional(Name, "media type", "Type of the body, such as `application/x-www-form-urlencoded`.")
}).check(
  Schema.makeFilter((task) => {
    const works = (["commands", "uri"] as const).filter((key) => task[key] !== undefined)
    if (works.length !== 1) return "expected either commands or uri"
    if (task.type !== undefined && TASK_KEYS[task.type] !== works[0])
      return { path: ["type"], issue: `a task of this type needs ${TASK_KEYS[task.type]}, not ${works[0]}` }
    const foreign =
      works[0] === "uri" ? (["interpreter", "env"] as const) : (["method", "headers", "body", "contentType"] as const)
    return foreign
      .filter((key) => task[key] !== undefined)
      .map((key) => ({ path: [key], issue: `cannot be used together with ${works[0]}` }))
  })
)

/**
 * `oauthTokenProvider`: a task that fetches the bearer token, and the expression that takes it from
 * the output.
 */
export const TokenProviderProperties = Schema.Struct({
  task: TokenTaskProperties.pipe(
    Schema.annotateEncoded({ title: "object", description: "The command or HTTP request that gets the token." })
  ),
  output: Schema.NonEmptyString.pipe(
    Schema.annotateEncoded({
      title: "expression",
      description:
        "An expression that finds the token in the task's result, such as `{{ json.access_token }}`. A command gives `stdout`, `json` and `exitCode`; a request gives `body`, `json`, `code` and `headers`."
    })
  ),
  cache: duration(
    RunDuration,
    "PT5M",
    "How long a token is used before the task runs again. With zero, each token serves one request."
  )
})

const data = (what: string) => optional(Pem, "PEM or base64", `${what}: PEM, or base64 of PEM or DER.`)
const file = (what: string) => optional(Path, "path", `Path of a file with ${what}; read again when it changes.`)

type Fields = Readonly<Record<string, unknown>>

/** Keys that exclude each other. */
const ALTERNATIVES: ReadonlyArray<ReadonlyArray<string>> = [
  ["caCertData", "caCertFile"],
  ["clientCertData", "clientCertFile"],
  ["clientKeyData", "clientKeyFile"],
  ["oauthToken", "oauthTokenProvider"],
  ["oauthToken", "username"],
  ["oauthTokenProvider", "username"],
  ["keyStoreFile", "clientCertData"],
  ["keyStoreFile", "clientCertFile"]
]

/** Keys that have no use without one of the others. */
const COMPANIONS: ReadonlyArray<readonly [key: string, needs: ReadonlyArray<string>]> = [
  ["clientCertData", ["clientKeyData", "clientKeyFile"]],
  ["clientCertFile", ["clientKeyData", "clientKeyFile"]],
  ["clientKeyData", ["clientCertData", "clientCertFile"]],
  ["clientKeyFile", ["clientCertData", "clientCertFile"]],
  ["clientKeyPassphrase", ["clientKeyData", "clientKeyFile"]],
  ["keyStorePassphrase", ["keyStoreFile"]],
  ["trustStorePassphrase", ["trustStoreFile"]],
  ["username", ["password"]],
  ["password", ["username"]]
]

const contradictions = (config: Fields) => [
  ...ALTERNATIVES.filter((keys) => keys.every((key) => config[key] !== undefined)).map((keys) => ({
    path: keys.slice(-1),
    issue: `contradicts ${keys.slice(0, -1).join(", ")}; give only one of them`
  })),
  ...COMPANIONS.filter(
    ([key, needs]) => config[key] !== undefined && needs.every((need) => config[need] === undefined)
  ).map(([key, needs]) => ({ path: [key], issue: `needs ${needs.join(" or ")}` }))
]

const Token = Text.check(
  Schema.makeFilter((text: string) => (/^\s*\S+\s*$/.test(text) ? undefined : "expected a token without white space"))
)

const UserName = Text.check(
  Schema.makeFilter((text: string) =>
    text !== "" && !text.includes(":")
      ? undefined
      : "expected a name without a colon, because Basic authentication cannot carry one"
  )
)

/** Every field of the reference's connection, and `inherit`, which is podwright's own. */
export const ConnectionProperties = Schema.Struct({
  apiVersion: optional(Schema.Literals(["v1"]), "v1", "Version of the Kubernetes API.", "v1"),
  caCertData: data("The authorities that may have signed the API server's certificate"),
  caCertFile: file("these authorities"),
  clientCertData: data("The client certificate"),
  clientCertFile: file("the client certificate"),
  clientKeyAlgo: optional(
    Schema.Literals(["RSA", "EC"]),
    "RSA or EC",
    "Algorithm of the client key. Absent: read from the key."
  ),
  clientKeyData: data("The client certificate's key, plain or encrypted (PKCS#8, PKCS#1)"),
  clientKeyFile: file("this key"),
  clientKeyPassphrase: optional(Text, "text", "Passphrase of an encrypted client key."),
  disableHostnameVerification: flag(false, "Accepts a certificate of the right authority under any host name. Unsafe."),
  inherit: flag(
    true,
    "Whether absent fields are taken from the connection that would be used without `config`. Podwright's own."
  ),
  keyStoreFile: file("client certificate and key, PKCS#12 or JKS"),
  keyStorePassphrase: optional(Text, "text", "Passphrase of the key store."),
  masterUrl: optional(
    Address,
    "URL",
    "Address of the API server. Absent: the inherited address.",
    "https://kubernetes.default.svc"
  ),
  namespace: optional(Namespace, "name", "Namespace of the pods; the runner's own `namespace` takes precedence."),
  oauthToken: optional(Token, "text", "Bearer token."),
  oauthTokenProvider: Schema.optionalKey(
    TokenProviderProperties.pipe(
      Schema.annotateEncoded({
        title: "object",
        description: "A task that gets the bearer token, and a new one when it expires."
      })
    )
  ),
  password: optional(Text, "text", "The user's password."),
  trustCerts: flag(false, "Accepts any certificate of the API server. Unsafe."),
  trustStoreFile: file("authorities, PKCS#12 or JKS"),
  trustStorePassphrase: optional(Text, "text", "Passphrase of the trust store."),
  username: optional(
    UserName,
    "text",
    "User for Basic authentication, which only a proxy in front of the API server can do."
  )
}).check(Schema.makeFilter(contradictions))
export type ConnectionProperties = typeof ConnectionProperties.Type

/** Fields that are paths; in a task file they are relative to its folder. */
export const CONNECTION_FILES = [
  "caCertFile",
  "clientCertFile",
  "clientKeyFile",
  "keyStoreFile",
  "trustStoreFile"
] as const

/**
 * Where the runner's properties hold an expression that is rendered when a token has been brought,
 * not before.
 */
export const TOKEN_EXPRESSION: ReadonlyArray<string> = ["config", "oauthTokenProvider", "output"]
