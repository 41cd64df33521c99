export { LIST_KEYS, type ListKey } from "./merge/MergeKeys.ts"
export * from "./merge/SpecMerge.ts"
export * from "./PackageVersion.ts"
export * from "./pod/PodBuilder.ts"
export * from "./pod/PodLabels.ts"
export * from "./pod/PodManifest.ts"
export * from "./pod/PodName.ts"
export * from "./pod/PodPlan.ts"
export * from "./pod/PodShape.ts"
export * from "./pod/PodVolume.ts"
export {
  CONNECTION_FILES,
  ConnectionProperties,
  TOKEN_EXPRESSION,
  TokenProviderProperties,
  TokenTaskProperties
} from "./properties/ConnectionProperties.ts"
export { type KnownNames, propertyDecoder, type SpecIssues } from "./properties/PropertyDecoding.ts"
export * from "./properties/RetryProperties.ts"
export * from "./properties/RunnerDecoding.ts"
export { RunnerProperties } from "./properties/RunnerProperties.ts"
export * from "./properties/RunnerReference.ts"
export * from "./properties/TaskCacheProperties.ts"
export * from "./SpecError.ts"
export * from "./script/GateScript.ts"
export * from "./script/HelperScript.ts"
export { type CompletionLimit, completionLimit } from "./task/CompletionLimit.ts"
export * from "./task/ContainerCommand.ts"
export {
  type InputFile,
  makeTask,
  type Task,
  type TaskFields,
  type TaskSource,
  taskValues
} from "./task/Task.ts"
export * from "./task/TaskValues.ts"
export { canonicalJson } from "./values/CanonicalJson.ts"
export type { Json, JsonObject } from "./values/Json.ts"
export * from "./values/NearestName.ts"
export * from "./values/Quantity.ts"
export * from "./values/RunDuration.ts"
