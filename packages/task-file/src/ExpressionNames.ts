/** What expressions of a file may refer to: its own names, and what comes from outside. */
import type { ExpressionScope } from "./expression/Expression.ts"
import { withValues } from "./OutsideValues.ts"
import { readBeside } from "./ReadFunction.ts"
import type { TaskFile } from "./TaskFile.ts"

/** What comes from outside the file. */
export interface OutsideScope {
  /**
   * Answers `secret('NAME')`; undefined where there is no secret of that name, or why it cannot be
   * given.
   */
  readonly secret: ExpressionScope["secret"]
  /**
   * Values from outside the file, by their first name, such as `trigger`, `envs` and `globals`; `kv`
   * is what `kv()` reads, `vars` and `labels` add to those of the file. Default: none.
   */
  readonly values?: Readonly<Record<string, unknown>> | undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The folder with the files of the file's own namespace, where there is one. */
const namespaceFolder = ({ namespace, namespaceFolders }: TaskFile): ReadonlyArray<string> => {
  const folder = Object.hasOwn(namespaceFolders, namespace) ? namespaceFolders[namespace] : undefined
  return folder === undefined ? [] : [folder]
}

/** What every expression of a file may refer to, with these values of its inputs. */
export const fileNames = (
  file: TaskFile,
  inputs: Readonly<Record<string, unknown>>,
  { secret, values = {} }: OutsideScope
): ExpressionScope => {
  const { kv, labels, vars, ...given } = values
  return {
    secret,
    kv: isRecord(kv) ? kv : undefined,
    read: readBeside(...namespaceFolder(file), file.directory),
    values: {
      ...given,
      inputs,
      vars: withValues(file.variables, vars),
      labels: withValues(file.labels, labels),
      flow: { id: file.id, namespace: file.namespace }
    }
  }
}
