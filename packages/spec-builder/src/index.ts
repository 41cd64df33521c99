/**
 * One task's values in, one Kubernetes Pod out: a pure function. Start with
 * `decodeRunnerProperties`, `makeTask` and `buildPod`; `explainPod` also says which layer set each
 * field.
 */

// A task: what is run, for whom and with which files. `makeTask` fills in every default, its pod is
// built from `taskValues`.

export { type CompletionLimit, completionLimit } from "./task/CompletionLimit.ts"
export { processIssues } from "./task/ProcessIssues.ts"
export { type InputFile, makeTask, type Task, type TaskFields, type TaskSource, taskValues } from "./task/Task.ts"
export {
  type Commands,
  DEFAULT_INTERPRETER,
  type Entrypoint,
  type TaskIdentity,
  type TaskValues
} from "./task/TaskValues.ts"

// Its pod: the manifest, the origin of each field, and what a driver must know to run it.

export type { FieldOrigin } from "./merge/Traced.ts"
export { buildPod, type ExplainedPod, explainPod } from "./pod/PodBuilder.ts"
export type { PodManifest } from "./pod/PodManifest.ts"
export type { GatePlan, PodPlan } from "./pod/PodPlan.ts"
export {
  HELPER_CONTAINER,
  INPUT_CONTAINER,
  MAIN_CONTAINER,
  OUTPUT_DIRECTORY,
  VOLUME_NAME,
  VOLUME_ROOT,
  WORK_DIRECTORY
} from "./pod/PodVolume.ts"

// How the pod is found again: its name, its labels and its annotations.

export {
  CANCEL_ANNOTATION,
  identityLabels,
  LABEL_PREFIX,
  LEASE_ANNOTATION,
  labelValue,
  SPEC_HASH_ANNOTATION,
  TASK_RUN_LABEL
} from "./pod/PodLabels.ts"
export { podName } from "./pod/PodName.ts"

// Fragments of a pod's spec, merged as the builder merges them: by the keys that Kubernetes gives
// its lists.

export { LIST_KEYS } from "./merge/MergeKeys.ts"
export { mergeSpecs } from "./merge/SpecMerge.ts"

// The runner's properties: their types, their reader, and their description for help texts and
// editors.

export { PACKAGE_VERSION } from "./PackageVersion.ts"
export {
  CONNECTION_FILES,
  type ConnectionProperties,
  TOKEN_EXPRESSION,
  type TokenProviderProperties,
  type TokenTaskProperties
} from "./properties/ConnectionProperties.ts"
export { decodeRunnerProperties } from "./properties/RunnerDecoding.ts"
export type { RunnerProperties } from "./properties/RunnerProperties.ts"
export { type PropertyReference, runnerJsonSchema, runnerReference } from "./properties/RunnerReference.ts"
export { isTextProperty } from "./properties/TextProperties.ts"

// Two more properties of a task: `retry` and `taskCache`.

export { decodeRetry, type RetryProperties } from "./properties/RetryProperties.ts"
export { decodeTaskCache, type TaskCacheProperties } from "./properties/TaskCacheProperties.ts"

// Why there is no pod: one error, whose reason is a class of `SpecReason` and holds every issue
// with its path.

export { pathProblem, shownValue } from "./error/PathText.ts"
export { escapeText, shownText } from "./error/ShownText.ts"
export { formatPath, SpecError } from "./error/SpecError.ts"
export { SpecIssue } from "./error/SpecIssue.ts"
export * as SpecReason from "./error/SpecReason.ts"

// For readers of other files: values as people write them, and a decoder that suggests the name
// that was probably meant.

export { fileSchema, retryJsonSchema, taskCacheJsonSchema } from "./properties/FileSchema.ts"
export { propertyDecoder } from "./properties/PropertyDecoding.ts"
export { explained, optional as described } from "./properties/PropertySchema.ts"
export { nearestName } from "./values/NearestName.ts"
export { quantityNumber } from "./values/Quantity.ts"
export { parseRunDuration, RunDuration } from "./values/RunDuration.ts"

// JSON, the one text of equal values, which digests are made of, and numbers that keep their digits.

export { canonicalJson } from "./values/CanonicalJson.ts"
export { isJson, type Json, type JsonObject, JsonObjectValue, JsonValue } from "./values/Json.ts"
export {
  exactValue,
  isDecimal,
  jsonEntries,
  jsonText,
  keepDecimals,
  numberText,
  parseJson,
  wholeNumber
} from "./values/JsonNumbers.ts"
