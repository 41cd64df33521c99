/**
 * The table of the oldest types, `core.tasks.scripts.*`: interpreters given in parts, and Python and
 * Node with their program among the input files. Pure.
 */
import { lines, type Parts, type ScriptType, type TaskKeys, type Written } from "./ScriptType.ts"

/** The helpers that programs import: each value is a line of the log that carries it. */
const PYTHON_HELPER = `import json


class Kestra:
    @staticmethod
    def _send(value):
        print("::" + json.dumps(value) + "::", flush=True)

    @staticmethod
    def outputs(values):
        Kestra._send({"outputs": values})

    @staticmethod
    def counter(name, value, tags=None):
        Kestra._send({"metrics": [{"name": name, "type": "counter", "value": value, "tags": tags or {}}]})

    @staticmethod
    def timer(name, duration, tags=None):
        Kestra._send({"metrics": [{"name": name, "type": "timer", "value": duration, "tags": tags or {}}]})
`

const NODE_HELPER = `const send = (value) => console.log("::" + JSON.stringify(value) + "::")
const metric = (type) => (name, value, tags = {}) => send({ metrics: [{ name, type, value, tags }] })
module.exports = { outputs: (outputs) => send({ outputs }), counter: metric("counter"), timer: metric("timer") }
`

const SHELL_KEYS: ScriptType["keys"] = {
  interpreter: "texts",
  interpreterArgs: "texts",
  exitOnFailed: "flag",
  outputsFiles: "texts",
  files: "texts",
  outputDirs: "texts"
}

/** Lines that create the output folders, which are there before the commands. */
const folders = (keys: TaskKeys): ReadonlyArray<Written> =>
  keys.texts("outputDirs").map((folder) => ({ ...folder, text: `mkdir -p '${folder.text.replaceAll("'", "'\\''")}'` }))

const shell = (keys: TaskKeys): Parts => {
  const interpreter = keys.texts("interpreter").map(({ text }) => text)
  const args = keys.texts("interpreterArgs").map(({ text }) => text)
  return {
    interpreter: [...(interpreter.length === 0 ? ["/bin/sh"] : interpreter), ...(args.length === 0 ? ["-c"] : args)],
    failFast: keys.flag("exitOnFailed", true),
    outputFiles: [
      ...keys.texts("outputsFiles"),
      ...keys.texts("files"),
      ...keys.texts("outputDirs").map((folder) => ({ ...folder, text: `${folder.text}/**` }))
    ],
    before: folders(keys)
  }
}

const program = (keys: TaskKeys, file: string): Pick<Parts, "issues"> => {
  const files = keys.value("inputFiles")
  const has = typeof files === "object" && files !== null && file in files
  return has ? {} : { issues: [{ path: ["inputFiles"], message: `inputFiles: expected '${file}' among them` }] }
}

/** The program and its arguments, unless the task says what to run. */
const runs = (keys: TaskKeys, command: string): ReadonlyArray<Written> => {
  const given = keys.texts("commands")
  const args = keys.texts("args").map(({ text }) => ` ${text}`)
  return given.length > 0 ? given : lines(command + args.join(""))
}

const python = (keys: TaskKeys): Parts => {
  const requirements = keys.texts("requirements")
  const virtual = keys.flag("virtualEnv", true)
  const path = keys.text("pythonPath")?.text ?? "python"
  return {
    ...shell(keys),
    ...program(keys, "main.py"),
    files: { "kestra.py": { text: PYTHON_HELPER } },
    env: {
      PYTHONUNBUFFERED: { text: "true" },
      PODWRIGHT_REQUIREMENTS: { text: requirements.map(({ text }) => text).join("\n"), from: ["requirements"] }
    },
    before: [
      ...folders(keys),
      ...lines(
        ...(virtual ? [`${path} -m venv --copies --system-site-packages . > /dev/null`] : []),
        ...(requirements.length === 0
          ? []
          : [
              `printf '%s\\n' "$PODWRIGHT_REQUIREMENTS" | ${virtual ? "./bin/python" : path} -m pip install --quiet --requirement /dev/stdin`
            ])
      )
    ],
    commands: runs(keys, `${virtual ? "./bin/python" : path} main.py`)
  }
}

const node = (keys: TaskKeys): Parts => ({
  ...shell(keys),
  ...program(keys, "main.js"),
  files: { "kestra.js": { text: NODE_HELPER } },
  before: [...folders(keys), ...lines(`if [ -f package.json ]; then ${keys.text("npmPath")?.text ?? "npm"} i; fi`)],
  commands: runs(keys, `${keys.text("nodePath")?.text ?? "node"} main.js`)
})

/** The oldest types, by name. */
export const OLDER_TYPES: ReadonlyArray<readonly [string, ScriptType]> = [
  ["io.kestra.core.tasks.scripts.Bash", { image: "ubuntu", keys: SHELL_KEYS, parts: shell }],
  [
    "io.kestra.core.tasks.scripts.Python",
    {
      image: "python:3.13-slim",
      keys: { ...SHELL_KEYS, args: "texts", pythonPath: "text", requirements: "texts", virtualEnv: "flag" },
      parts: python
    }
  ],
  [
    "io.kestra.core.tasks.scripts.Node",
    { image: "node", keys: { ...SHELL_KEYS, args: "texts", nodePath: "text", npmPath: "text" }, parts: node }
  ]
]
