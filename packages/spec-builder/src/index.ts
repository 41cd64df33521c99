export {
  CONNECTION_FILES,
  ConnectionProperties,
  TOKEN_EXPRESSION,
  TokenProviderProperties,
  TokenTaskProperties
} from "./ConnectionProperties.ts"
export * from "./ContainerCommand.ts"
export * from "./GateScript.ts"
export * from "./HelperScript.ts"
export { canonicalJson } from "./internal/CanonicalJson.ts"
export { LIST_KEYS, type ListKey } from "./MergeKeys.ts"
export * from "./NearestName.ts"
export * from "./PackageVersion.ts"
export * from "./PodBuilder.ts"
export * from "./PodLabels.ts"
export * from "./PodManifest.ts"
export * from "./PodName.ts"
export * from "./PodShape.ts"
export * from "./PodVolume.ts"
export * from "./Quantity.ts"
export * from "./RetryProperties.ts"
export * from "./RunDuration.ts"
export * from "./RunnerDecoding.ts"
export { RunnerProperties } from "./RunnerProperties.ts"
export * from "./RunnerReference.ts"
export * from "./SpecError.ts"
export * from "./SpecMerge.ts"
export * from "./TaskCacheProperties.ts"
export * from "./TaskValues.ts"
