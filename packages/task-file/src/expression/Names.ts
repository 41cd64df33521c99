/**
 * What is said of a name that is not there: names that Kestra has and that have no counterpart, with
 * the reason and a way out; names that people write; the nearest name; what there is. Pure.
 */
import { nearestName } from "@podwright/spec-builder"

const EACH = "it belongs to tasks that repeat others (ForEach, Loop), which do not run here"
const STORE = "it needs the orchestrator's store, which there is none of here"

/** Functions of Kestra without a counterpart. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ["printContext", "it would print every value, secrets included: print the ones you need"],
  ["fetchContext", "it would print every value, secrets included: print the ones you need"],
  ["currentEachOutput", EACH],
  ["iterationOutput", EACH],
  ["loopOutputs", EACH],
  ["errorLogs", `${STORE}: read the logs that the run has printed`],
  ["tasksWithState", `${STORE}: a flow here ends with the first task that fails`],
  ["http", "expressions send no requests: declare an input file with a URL"],
  ["encrypt", "keys are not kept here: encrypt in a command"],
  ["decrypt", "keys are not kept here: decrypt in a command"],
  ["credential", `${STORE}: give it as a secret`],
  ["appLink", "there are no apps here"],
  ["fileURI", "it names a namespace file of the orchestrator: give the file as an input file"],
  ["id", "write 'uuid()'"],
  ["ksuid", "write 'uuid()'"],
  ["nanoId", "write 'uuid()'"],
  ["randomPort", "write 'randomInt(1024, 65536)'"],
  ["env", "write 'envs.name' for the environment variable ENV_NAME"],
  ["fileSize", "write 'read(path) | length'"],
  ["isFileEmpty", "write 'read(path) | length == 0'"],
  ["fileExists", "declare the file as an input"],
  ["isWeekend", "ask in a command, or write \"now() | date('e')\" for the day of the week"],
  ["dayOfWeek", "write \"now() | date('EEEE')\""],
  ["isPublicHoliday", "there is no calendar of holidays here: ask in a command"]
])

/** Filters of Kestra, or that its users write, with what to write. */
const FILTERS: ReadonlyMap<string, string> = new Map([
  ["dateFormat", "write 'date'"],
  ["truncate", "write 'abbreviate'"],
  ["ternary", "write 'condition ? a : b'"],
  ["tojson", "write 'toJson'"],
  ["b64encode", "write 'base64encode'"],
  ["b64decode", "write 'base64decode'"],
  ["escape", "nothing is escaped here, and nothing has to be"]
])

/** Names of values, whole or as the beginning of a path. */
const VALUES: ReadonlyMap<string, string> = new Map([
  [
    "trigger",
    "the flow was started by hand: write 'trigger.date ?? …' for a value without it, or give it by --vars FILE or --var trigger.NAME=VALUE"
  ],
  ["envs", "give it by the environment variable ENV_NAME, by --vars FILE or --var envs.NAME=VALUE"],
  ["globals", "give it by --vars FILE or --var globals.NAME=VALUE"],
  ["labels", "give it by --vars FILE or --var labels.NAME=VALUE"],
  ["taskrun.value", EACH],
  ["taskrun.items", EACH],
  ["taskrun.iteration", EACH],
  ["parent", EACH],
  ["parents", EACH],
  ["item", EACH]
])

/** Names listed at most; more say nothing. */
const LISTED = 12

const known = (names: ReadonlyArray<string>): string => {
  if (names.length === 0) return "there are none"
  const some = names.slice(0, LISTED).join(", ")
  return names.length > LISTED ? `there are ${some} and ${names.length - LISTED} more` : `there are ${some}`
}

const hint = (name: string, names: ReadonlyArray<string>): string => {
  const nearest = nearestName(name, names)
  return nearest === undefined ? known([...names].sort()) : `did you mean '${nearest}'?`
}

export const noFilter = (name: string, names: ReadonlyArray<string>): string =>
  `there is no filter '${name}'; ${FILTERS.get(name) ?? hint(name, names)}`

export const noTest = (name: string, names: ReadonlyArray<string>): string =>
  `there is no test '${name}'; ${hint(name, names)}`

export const noFunction = (name: string, names: ReadonlyArray<string>): string => {
  const reason = FUNCTIONS.get(name)
  return reason === undefined
    ? `there is no function '${name}'; ${hint(name, names)}`
    : `${name}() has no counterpart here: ${reason}`
}

/** `path`: what was written before the name, empty for a name of its own. */
export const noName = (path: string, name: string, names: ReadonlyArray<string>): string => {
  const whole = path === "" ? name : `${path}.${name}`
  const way = VALUES.get(whole) ?? VALUES.get(path)
  const place = path === "" ? "" : ` in '${path}'`
  if (way === undefined && place !== "" && names.length === 0) return `there is no '${name}'${place}, which is empty`
  return `there is no '${name}'${place}; ${way ?? hint(name, names)}`
}
