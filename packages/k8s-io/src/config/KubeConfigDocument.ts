/**
 * What a kubeconfig says (Kubernetes reference, "kubeconfig (v1)"), of its parsed YAML: clusters,
 * users and contexts, each as kubectl understands it. Relative paths lead from the file's folder,
 * data goes before a file, an empty field is none, and what a connection has no use for is passed
 * over. Pure.
 */
import { resolve } from "node:path"
import { Result, Schema, SchemaIssue } from "effect"

/** Where an API server is, and whom to trust for it. */
export interface KubeCluster {
  readonly name: string
  readonly server: string
  readonly skipTLSVerify: boolean
  /** Base64 of PEM. */
  readonly caData?: string
  readonly caFile?: string
  readonly tlsServerName?: string
  readonly proxyUrl?: string
}

/** A program that prints credentials (`client.authentication.k8s.io`). */
export interface KubeExec {
  readonly command: string
  readonly args?: ReadonlyArray<string>
  readonly env?: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly apiVersion?: string
  readonly provideClusterInfo?: boolean
}

/** Who we are: at most one way of saying so is used, in the order in which kubectl prefers them. */
export interface KubeUser {
  readonly name: string
  readonly token?: string
  readonly tokenFile?: string
  /** Base64 of PEM. */
  readonly certData?: string
  readonly certFile?: string
  readonly keyData?: string
  readonly keyFile?: string
  readonly username?: string
  readonly password?: string
  readonly impersonateUser?: string
  readonly impersonateUid?: string
  readonly impersonateGroups?: ReadonlyArray<string>
  readonly impersonateExtra?: Readonly<Record<string, unknown>>
  readonly exec?: KubeExec
  readonly authProvider?: object
}

/** `user` is empty for nobody. */
export interface KubeContext {
  readonly name: string
  readonly cluster: string
  readonly user: string
  readonly namespace?: string
}

/** One kubeconfig, or several that were merged. */
export interface KubeConfigDocument {
  readonly clusters: ReadonlyArray<KubeCluster>
  readonly users: ReadonlyArray<KubeUser>
  readonly contexts: ReadonlyArray<KubeContext>
  /** Empty for none. */
  readonly currentContext: string
}

const text = Schema.optional(Schema.NullOr(Schema.String))
const flag = Schema.optional(Schema.NullOr(Schema.Boolean))
const list = <S extends Schema.Top>(item: S) => Schema.optional(Schema.NullOr(Schema.Array(item)))
const part = <S extends Schema.Top>(fields: S) => Schema.optional(Schema.NullOr(fields))

const ClusterFields = Schema.Struct({
  server: text,
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": flag,
  "tls-server-name": text,
  "proxy-url": text
})

const UserFields = Schema.Struct({
  token: text,
  tokenFile: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  username: text,
  password: text,
  as: text,
  "as-uid": text,
  "as-groups": list(Schema.String),
  "as-user-extra": part(Schema.Record(Schema.String, Schema.Unknown)),
  exec: part(
    Schema.Struct({
      command: Schema.NonEmptyString,
      args: list(Schema.String),
      env: list(Schema.Struct({ name: Schema.String, value: Schema.String })),
      apiVersion: text,
      provideClusterInfo: flag
    })
  ),
  "auth-provider": part(Schema.Record(Schema.String, Schema.Unknown))
})

const ContextFields = Schema.Struct({ cluster: text, user: text, namespace: text })

const Document = Schema.Struct({
  "current-context": text,
  clusters: list(Schema.Struct({ name: Schema.String, cluster: part(ClusterFields) })),
  users: list(Schema.Struct({ name: Schema.String, user: part(UserFields) })),
  contexts: list(Schema.Struct({ name: Schema.String, context: part(ContextFields) }))
})

const decode = Schema.decodeUnknownResult(Document)
const format = SchemaIssue.makeFormatterStandardSchemaV1()

type Given<T> = { readonly [K in keyof T]?: NonNullable<T[K]> }

/** Without what is null or empty. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== "")
  ) as Given<T>

/**
 * A value as it stands in the file, or the path of a file that holds it: what is in the file goes
 * before.
 */
const dataOrFile = (data: string | null | undefined, file: string | null | undefined, directory: string) =>
  data ? { data } : file ? { file: resolve(directory, file) } : {}

const readExec = (exec: NonNullable<(typeof UserFields.Type)["exec"]>, directory: string): KubeExec => ({
  ...given({ ...exec, command: undefined }),
  // A bare name is looked up in PATH; any other leads from the file's folder.
  command: /[/\\]/.test(exec.command) ? resolve(directory, exec.command) : exec.command
})

const readCluster = (name: string, fields: typeof ClusterFields.Type, directory: string): KubeCluster => {
  const authority = dataOrFile(fields["certificate-authority-data"], fields["certificate-authority"], directory)
  return {
    name,
    server: fields.server?.replace(/\/$/, "") ?? "",
    skipTLSVerify: fields["insecure-skip-tls-verify"] === true,
    ...given({
      caData: authority.data,
      caFile: authority.file,
      tlsServerName: fields["tls-server-name"],
      proxyUrl: fields["proxy-url"]
    })
  }
}

const readUser = (name: string, fields: typeof UserFields.Type, directory: string): KubeUser => {
  const cert = dataOrFile(fields["client-certificate-data"], fields["client-certificate"], directory)
  const key = dataOrFile(fields["client-key-data"], fields["client-key"], directory)
  return {
    name,
    ...given({
      token: fields.token,
      tokenFile: fields.tokenFile ? resolve(directory, fields.tokenFile) : undefined,
      certData: cert.data,
      certFile: cert.file,
      keyData: key.data,
      keyFile: key.file,
      username: fields.username,
      password: fields.password,
      impersonateUser: fields.as,
      impersonateUid: fields["as-uid"],
      impersonateGroups: fields["as-groups"],
      impersonateExtra: fields["as-user-extra"],
      exec: fields.exec ? readExec(fields.exec, directory) : undefined,
      authProvider: fields["auth-provider"]
    })
  }
}

const place = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string =>
  path
    .map((step) => (typeof step === "object" ? step.key : step))
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("")

/**
 * `value` is the parsed file, `directory` its folder. What cannot be read is told with its place in
 * the file.
 */
export const readKubeConfig = (value: unknown, directory: string): Result.Result<KubeConfigDocument, string> =>
  Result.mapBoth(decode(value ?? {}), {
    onFailure: ({ issue }) =>
      format(issue)
        .issues.map(({ message, path = [] }) => (path.length === 0 ? message : `${place(path)}: ${message}`))
        .join("; "),
    onSuccess: (document): KubeConfigDocument => ({
      clusters: (document.clusters ?? []).map(({ cluster, name }) => readCluster(name, cluster ?? {}, directory)),
      users: (document.users ?? []).map(({ name, user }) => readUser(name, user ?? {}, directory)),
      contexts: (document.contexts ?? []).map(({ context, name }) => ({
        name,
        cluster: context?.cluster ?? "",
        user: context?.user ?? "",
        ...given({ namespace: context?.namespace })
      })),
      currentContext: document["current-context"] ?? ""
    })
  })

/** kubectl's rule for several files: the first to name a thing, or a current-context, wins. */
export const mergeKeepingFirst = (first: KubeConfigDocument, next: KubeConfigDocument): KubeConfigDocument => {
  const added = <A extends { readonly name: string }>(known: ReadonlyArray<A>, more: ReadonlyArray<A>) => [
    ...known,
    ...more.filter((one) => known.every(({ name }) => name !== one.name))
  ]
  return {
    clusters: added(first.clusters, next.clusters),
    users: added(first.users, next.users),
    contexts: added(first.contexts, next.contexts),
    currentContext: first.currentContext || next.currentContext
  }
}
