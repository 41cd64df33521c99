/**
 * Task and flow files: read and checked with every problem at its line and column, then rendered to
 * tasks that can run. Start with `loadTaskFile`, `resolveInputs` and `renderTask`:
 *
 * ```ts
 * const file = yield* loadTaskFile({ path: "flow.yaml" })
 * const inputs = yield* resolveInputs(file, { name: "World" })
 * ```
 *
 * Knows nothing of pods or clusters; `runFlow` of `@podwright/runner/flow` runs what it reads.
 */

// What expressions may refer to from outside the file.
export type { OutsideScope } from "./ExpressionNames.ts"
// For programs with tasks of their own form: the values of input files, and the renderer itself.
export { type ExpressionProblem, type ExpressionScope, makeRenderer } from "./expression/Expression.ts"
export type { Answers, NoAnswer } from "./expression/Host.ts"
export { INPUT_FILE_KEYS, InputFileValue, inputFile } from "./InputFileValue.ts"
// Its inputs, from the texts that a person gave.
export { type ResolveOptions, resolveInputs } from "./InputValues.ts"
export type { InputDeclaration, InputLimits, InputType } from "./inputs/InputDeclaration.ts"
export { type OutsideSources, outsideValues } from "./OutsideValues.ts"
export type { ParseOptions } from "./reading/FlowReader.ts"
// What files may hold: JSON Schema for editors, and a page to read.
export { type FileKind, fileJsonSchema } from "./reference/FileSchema.ts"
export { referencePage } from "./reference/ReferencePage.ts"
// Hides what `secret()` gave in what is shown.
export { SecretMask } from "./SecretMask.ts"
// Reading a file.
export type {
  DefaultedKey,
  FolderPlace,
  OutputDeclaration,
  ScriptFile,
  TaskDeclaration,
  TaskFile,
  TaskGroup
} from "./TaskFile.ts"
// The one error: everything that is wrong with a file, each with its place.
export { TaskFileError, TaskFileIssue } from "./TaskFileError.ts"
export { type LoadOptions, loadTaskFile, parseTaskFile } from "./TaskFileReader.ts"
// Rendering a task: every expression becomes the text it stands for.
export {
  type FailedTask,
  type FlowScope,
  renderFlowOutputs,
  renderRunIf,
  renderTask,
  type SharedFolder,
  type TaskOutputs,
  type TaskScope
} from "./TaskRendering.ts"
export type { Path, SourcePosition, YamlDocument } from "./YamlDocument.ts"
