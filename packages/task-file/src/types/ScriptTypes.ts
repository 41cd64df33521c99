/** Every type of script task by its name: languages, command-line tools, and the oldest ones. Pure. */
import { nearestName, WORK_DIRECTORY } from "@podwright/spec-builder"
import { commandLineTools } from "./CommandLineTools.ts"
import { LANGUAGE_TYPES } from "./Languages.ts"
import { OLDER_TYPES } from "./OlderScripts.ts"
import { otherType } from "./OtherTypes.ts"
import type { ScriptType } from "./ScriptType.ts"

const TYPES: ReadonlyMap<string, ScriptType> = new Map([
  ...LANGUAGE_TYPES,
  ...commandLineTools(WORK_DIRECTORY),
  ...OLDER_TYPES
])

/** The row of a type; undefined where it is no script task. */
export const scriptType = (name: string): ScriptType | undefined => TYPES.get(name)

/** The names of all types, in the order of the tables. */
export const scriptTypeNames = (): ReadonlyArray<string> => [...TYPES.keys()]

const shortName = (name: string): string => name.split(".").slice(-2).join(".")

/**
 * A type of the tables whose last two names were probably meant. The rest is the same for most types,
 * and would make any of them near.
 */
const meantType = (name: string): string | undefined => {
  const nearest = nearestName(shortName(name), scriptTypeNames().map(shortName))
  return scriptTypeNames().find((one) => shortName(one) === nearest)
}

/** Why a type is not taken: what it is when it is known, else what may have been meant. */
export const refusedType = (name: string): string => {
  const otherCase = scriptTypeNames().find((one) => one.toLowerCase() === name.toLowerCase())
  const known = otherCase === undefined ? otherType(name) : undefined
  if (known !== undefined) return known
  const meant = otherCase ?? meantType(name)
  return meant === undefined
    ? `unknown task type '${name}'; known are those of Kestra's script tasks, such as io.kestra.plugin.scripts.shell.Commands`
    : `unknown task type '${name}'; did you mean '${meant}'?`
}
