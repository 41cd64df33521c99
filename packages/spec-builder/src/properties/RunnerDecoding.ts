/**
 * Reads the runner's properties from a parsed file or a program's value, and refuses what it does
 * not know with the name that was probably meant. Pure.
 */
import { Result } from "effect"
import { SpecError } from "../error/SpecError.ts"
import { InvalidProperties } from "../error/SpecReason.ts"
import { ConnectionProperties, TokenProviderProperties, TokenTaskProperties } from "./ConnectionProperties.ts"
import { type NamesByPlace, referenceDecoder } from "./PropertyDecoding.ts"
import {
  FileSidecarProperties,
  ResourceProperties,
  RunnerProperties,
  TransferProperties,
  VolumeProperties
} from "./RunnerProperties.ts"

const NAMES: NamesByPlace = new Map([
  ["", Object.keys(RunnerProperties.fields)],
  ["config", Object.keys(ConnectionProperties.fields)],
  ["config.oauthTokenProvider", Object.keys(TokenProviderProperties.fields)],
  ["config.oauthTokenProvider.task", Object.keys(TokenTaskProperties.fields)],
  ["fileSidecar", Object.keys(FileSidecarProperties.fields)],
  ["fileSidecar.resources", Object.keys(FileSidecarProperties.fields.resources.schema.fields)],
  ["resources", Object.keys(ResourceProperties.fields)],
  ["transfer", Object.keys(TransferProperties.fields)],
  ["volume", Object.keys(VolumeProperties.fields)]
])

const decode = referenceDecoder(RunnerProperties, "runner", NAMES)

/**
 * Reads the runner's properties. All issues are reported, not only the first; their paths lead into
 * `input`.
 */
export const decodeRunnerProperties = (input: unknown): Result.Result<RunnerProperties, SpecError> =>
  Result.mapError(
    decode(input),
    (issues) => new SpecError({ operation: "decodeRunnerProperties", reason: new InvalidProperties({ issues }) })
  )
