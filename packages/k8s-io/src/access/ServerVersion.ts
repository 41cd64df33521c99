/**
 * The version of an API server, and whether runs work on it. Pure.
 */
import { Option, Schema } from "effect"

/** What `GET /version` tells, as far as it matters. */
export interface ServerVersion {
  /** As the server writes it, for example `v1.35.4` or `v1.33.5-gke.2100000`. */
  readonly gitVersion: string
  readonly major: number
  readonly minor: number
}

/**
 * Oldest minor version of Kubernetes 1 that runs can rely on: 1.27 made `fieldValidation=Strict`
 * stable. Older servers drop a misspelt field of a pod silently.
 */
export const oldestMinor = 27

/** The minor version that the test suite runs on. */
export const testedMinor = 35

/** `TooOld`: runs are not safe. `Untested`: nothing is known to be wrong, but nobody has tried. */
export type VersionVerdict = "Supported" | "Untested" | "TooOld"

/** What a version means for runs. */
export const versionVerdict = ({ major, minor }: ServerVersion): VersionVerdict => {
  if (major !== 1) return major < 1 ? "TooOld" : "Untested"
  if (minor < oldestMinor) return "TooOld"
  return minor > testedMinor ? "Untested" : "Supported"
}

const decode = Schema.decodeUnknownOption(
  Schema.Struct({ major: Schema.String, minor: Schema.String, gitVersion: Schema.String })
)

/** Reads the answer to `GET /version`; some providers write the minor version as `33+`. */
export const readServerVersion = (answer: unknown): Option.Option<ServerVersion> =>
  Option.flatMap(decode(answer), ({ gitVersion, major, minor }) => {
    const version = { gitVersion, major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10) }
    return Number.isNaN(version.major) || Number.isNaN(version.minor) ? Option.none() : Option.some(version)
  })
