/**
 * What a connection can be told beside, or instead of, a kubeconfig: the fields of the reference's
 * connection as plain typed options. Types only; `ConfigMaterial.ts` reads what they name.
 */
import type { Duration, Effect } from "effect"
import type { KubeError } from "../error/KubeError.ts"

/** Brings bearer tokens. */
export interface TokenProvider {
  /**
   * A new token; fails with a `Config` error that names the field to look at. Never asked twice at
   * a time.
   */
  readonly fetch: Effect.Effect<string, KubeError>
  /** How long a token is used before the next is fetched; zero: for one request. */
  readonly cache: Duration.Duration
}

/**
 * Fields of a connection. `…Data` is PEM, or base64 of PEM or DER, with or without line breaks;
 * `…File` is a path, read again for every new connection, so that what rotates is taken up. Errors
 * name a field as `config.<field>`.
 */
export interface ConnectionConfig {
  /**
   * False: nothing of the kubeconfig or the cluster this runs in is used. Default true: what is not
   * given here comes from there.
   */
  readonly inherit?: boolean
  readonly apiVersion?: "v1"
  /** Default: as inherited, else https://kubernetes.default.svc. */
  readonly masterUrl?: string
  readonly namespace?: string
  readonly caCertData?: string
  readonly caCertFile?: string
  readonly trustStoreFile?: string
  readonly trustStorePassphrase?: string
  /** Take any certificate of the server. */
  readonly trustCerts?: boolean
  /** Take a certificate of the right authority whatever name is in it. */
  readonly disableHostnameVerification?: boolean
  readonly clientCertData?: string
  readonly clientCertFile?: string
  readonly clientKeyData?: string
  readonly clientKeyFile?: string
  readonly clientKeyAlgo?: "RSA" | "EC"
  readonly clientKeyPassphrase?: string
  readonly keyStoreFile?: string
  readonly keyStorePassphrase?: string
  readonly oauthToken?: string
  readonly oauthTokenProvider?: TokenProvider
  readonly username?: string
  readonly password?: string
}

/** Where the API server is when nobody says: its name inside every cluster. */
export const DEFAULT_MASTER_URL = "https://kubernetes.default.svc"

/** Fields that say who we are; any of them takes the place of the inherited user as a whole. */
export const IDENTITY_FIELDS = [
  "clientCertData",
  "clientCertFile",
  "keyStoreFile",
  "oauthToken",
  "oauthTokenProvider",
  "username"
] as const satisfies ReadonlyArray<keyof ConnectionConfig>

/** Fields that say whom to trust; any of them takes the place of the inherited authorities. */
export const TRUST_FIELDS = ["caCertData", "caCertFile", "trustStoreFile"] as const satisfies ReadonlyArray<
  keyof ConnectionConfig
>

/** The fields of a list that are given. */
export const givenFields = <K extends keyof ConnectionConfig>(
  config: ConnectionConfig,
  fields: ReadonlyArray<K>
): ReadonlyArray<K> => fields.filter((field) => config[field] !== undefined)
