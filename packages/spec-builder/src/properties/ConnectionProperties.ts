/**
 * The fields of `config`, by the names of the reference: types, checks, defaults and the words that
 * explain them. Pure; what the material in them is worth (does a key belong to its certificate?) is
 * found out where the connection is opened.
 */
import { Schema } from "effect"
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
        : `expected the URL of an API server such as https://10.0.0.1:6443, not '${withoutPassword(text)}'`,
    { toJsonSchema: () => [{ pattern: "^\\s*https?://" }, true] }
  )
)

/** A URL may hold a password, which no message may show. */
const withoutPassword = (text: string): string => text.replace(/\/\/[^@/]*@/, "//")

const Uri = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^https?:\/\//.test(text) && URL.canParse(text)
        ? undefined
        : `expected an http or https URL, not '${withoutPassword(text)}'`,
    { toJsonSchema: () => [{ pattern: "^https?://" }, true] }
  )
)

const Path = Schema.String.check(
  Schema.makeFilter((text: string) => (text.trim() === "" ? "expected the path of a file" : undefined), {
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
  id: optional(Text, "text", "A name, for people."),
  type: optional(
    Schema.Literals(["io.kestra.plugin.core.http.Request", "io.kestra.plugin.scripts.shell.Commands"]),
    "task type",
    "The task's type by the reference's name. Absent: `uri` makes it a request, `commands` a command."
  ),
  commands: optional(
    Schema.NonEmptyArray(Schema.String),
    "list of texts",
    "Shell commands, run by `interpreter` on the machine that drives the run, not in a pod."
  ),
  interpreter: optional(
    Schema.NonEmptyArray(Schema.String),
    "list of texts",
    "Program and arguments that take the commands as their last argument.",
    '["/bin/sh","-c"]'
  ),
  env: optional(Texts, "texts", "Environment variables of the commands, besides those of this process."),
  uri: optional(Uri, "URL", "Where the request goes."),
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
      return { path: ["type"], issue: `a task of this type has ${TASK_KEYS[task.type]}, not ${works[0]}` }
    const foreign =
      works[0] === "uri" ? (["interpreter", "env"] as const) : (["method", "headers", "body", "contentType"] as const)
    return foreign
      .filter((key) => task[key] !== undefined)
      .map((key) => ({ path: [key], issue: `does not go with ${works[0]}` }))
  })
)

/**
 * `oauthTokenProvider`: a task that fetches the bearer token, and the expression that takes it from
 * the output.
 */
export const TokenProviderProperties = Schema.Struct({
  task: TokenTaskProperties.pipe(
    Schema.annotateEncoded({ title: "object", description: "Brings the token: a command or an HTTP request." })
  ),
  output: Schema.NonEmptyString.pipe(
    Schema.annotateEncoded({
      title: "expression",
      description:
        "Where the token is in what the task gave: `{{ json.access_token }}`. A command gives `stdout`, `json` and `exitCode`, a request `body`, `json`, `code` and `headers`."
    })
  ),
  cache: duration(RunDuration, "PT5M", "How long a token is used before the task runs again; zero: for one request.")
})

const data = (what: string) => optional(Pem, "PEM or base64", `${what}: PEM, or base64 of PEM or DER.`)
const file = (what: string) => optional(Path, "path", `Path of a file with ${what}; read again when it changes.`)

type Fields = Readonly<Record<string, unknown>>

/** Keys of which only one can hold. */
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

/** Keys that are no use without (one of) others. */
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
    issue: `contradicts ${keys.slice(0, -1).join(", ")}: give one of them`
  })),
  ...COMPANIONS.filter(
    ([key, needs]) => config[key] !== undefined && needs.every((need) => config[need] === undefined)
  ).map(([key, needs]) => ({ path: [key], issue: `needs ${needs.join(" or ")}` }))
]

const Token = Text.check(
  Schema.makeFilter((text: string) => (/^\s*\S+\s*$/.test(text) ? undefined : "expected one word without white space"))
)

const UserName = Text.check(
  Schema.makeFilter((text: string) =>
    text !== "" && !text.includes(":") ? undefined : "expected a name without a colon, which Basic cannot carry"
  )
)

/** Every field of the reference's connection, and `inherit`, which is podwright's own. */
export const ConnectionProperties = Schema.Struct({
  apiVersion: optional(Schema.Literals(["v1"]), "v1", "Version of the API that pods are asked of.", "v1"),
  caCertData: data("Authorities that the API server's certificate is checked by"),
  caCertFile: file("these authorities"),
  clientCertData: data("The client certificate"),
  clientCertFile: file("the client certificate"),
  clientKeyAlgo: optional(
    Schema.Literals(["RSA", "EC"]),
    "RSA or EC",
    "Kind of the client key. Absent: as the key says."
  ),
  clientKeyData: data("The client certificate's key, also encrypted (PKCS#8, PKCS#1)"),
  clientKeyFile: file("this key"),
  clientKeyPassphrase: optional(Text, "text", "Opens the client key when it is encrypted."),
  disableHostnameVerification: flag(false, "Takes a certificate of the right authority under any name. Unsafe."),
  inherit: flag(
    true,
    "Whether the rest comes from the connection there would be without `config`. Podwright's own; false starts from nothing."
  ),
  keyStoreFile: file("client certificate and key, PKCS#12 or JKS"),
  keyStorePassphrase: optional(Text, "text", "Opens the key store."),
  masterUrl: optional(
    Address,
    "URL",
    "Where the API server is. Absent: as inherited.",
    "https://kubernetes.default.svc"
  ),
  namespace: optional(Namespace, "name", "Where pods run; the runner's own `namespace` comes first."),
  oauthToken: optional(Token, "text", "Bearer token."),
  oauthTokenProvider: Schema.optionalKey(
    TokenProviderProperties.pipe(
      Schema.annotateEncoded({ title: "object", description: "Brings the bearer token, and a new one when it ends." })
    )
  ),
  password: optional(Text, "text", "The user's password."),
  trustCerts: flag(false, "Takes any certificate of the API server. Unsafe."),
  trustStoreFile: file("authorities, PKCS#12 or JKS"),
  trustStorePassphrase: optional(Text, "text", "Opens the trust store."),
  username: optional(UserName, "text", "User for Basic authentication, behind proxies that do it.")
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
