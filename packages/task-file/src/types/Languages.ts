/**
 * The table of languages: the image, the script's file and its command, and what differs. Each has
 * two types, `Commands` and `Script`. Pure.
 */
import { lines, type Parts, type ScriptKind, type ScriptType, type TaskKeys, type Written } from "./ScriptType.ts"

const PREFIX = "io.kestra.plugin.scripts."

/** Where Python packages of `dependencies` are put: outside the working folder, so no output pattern finds them. */
const PACKAGES = "/tmp/podwright-packages"
/** The packages travel as a variable, so a shell reads nothing of what is in them. */
const DEPENDENCIES = "PODWRIGHT_DEPENDENCIES"

/**
 * A value that an expression prints into Python may be `true`, `false` or `null`, so they are names
 * there. Not before an import from `__future__`, which must come first.
 */
const PYTHON_HEAD = "true, false, null = True, False, None\n"

/** Lines that install packages before anything of the task runs, and what they need. */
export const pythonPackages = (packages: ReadonlyArray<Written>): Parts => {
  if (packages.length === 0) return {}
  return {
    env: { [DEPENDENCIES]: { text: packages.map(({ text }) => text).join("\n"), from: ["dependencies"] } },
    before: lines(
      `printf '%s\\n' "$${DEPENDENCIES}" | python -m pip install --quiet --target ${PACKAGES} --requirement /dev/stdin`,
      `export PYTHONPATH=${PACKAGES}\${PYTHONPATH:+:$PYTHONPATH}`
    )
  }
}

const pythonParts = (keys: TaskKeys): Parts => {
  const packages = pythonPackages(keys.texts("dependencies"))
  const version = keys.text("pythonVersion")
  if (version === undefined) return packages
  const image = keys.text("containerImage")
  if (image === undefined)
    return { ...packages, image: { text: `python:${version.text}-slim`, from: ["pythonVersion"] } }
  // An image that says the same version is what was asked for.
  if (image.text.includes(version.text)) return packages
  const message = `pythonVersion ${version.text} only chooses an image, and this task has its own: ${image.text}`
  return { ...packages, notices: [{ path: ["pythonVersion"], message }] }
}

const PYTHON: Omit<ScriptType, "script"> = {
  image: "python:3.13-slim",
  env: { PYTHONUNBUFFERED: "true", PIP_ROOT_USER_ACTION: "ignore", PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  keys: {
    dependencies: "texts",
    pythonVersion: "text",
    // How and where the packages are kept on a worker. The result is the same without them.
    packageManager: "any",
    dependencyCacheEnabled: "any",
    uvAutoInstallEnabled: "any",
    uvInstallerVersion: "any",
    uvInstallerSha256: "any"
  },
  parts: pythonParts
}

/** `python script.py`, with the words that Python takes for its own first. */
export const pythonScript: ScriptKind = {
  extension: ".py",
  run: (path) => `python ${path}`,
  head: (script) => (/^\s*from __future__ /m.test(script) ? "" : PYTHON_HEAD)
}

const script = (extension: string, command: string): ScriptKind => ({
  extension,
  run: (path) => (command === "" ? path : `${command} ${path}`)
})

const jbang: ScriptKind = {
  extension: ".java",
  run: (path, keys) => `jbang ${keys.flag("quiet", true) ? "--quiet " : ""}${path}`
}

/** A language: what both of its types have, what differs in `Commands`, and the script of `Script`. */
interface Language {
  readonly both: Omit<ScriptType, "script">
  readonly script: ScriptKind | "inline"
  readonly scriptKeys?: ScriptType["keys"]
  readonly commands?: Partial<ScriptType>
}

const image = (name: string, kind: ScriptKind): Language => ({ both: { image: name }, script: kind })

const LANGUAGES: Readonly<Record<string, Language>> = {
  shell: { both: { image: "ubuntu" }, script: "inline" },
  python: { both: PYTHON, script: pythonScript },
  node: image("node", script(".js", "node")),
  r: image("r-base", script(".R", "Rscript")),
  julia: image("julia", script(".jl", "julia")),
  ruby: image("ruby", script(".rb", "ruby")),
  powershell: {
    both: {
      image: "ghcr.io/kestra-io/powershell:latest",
      interpreter: ["pwsh", "-NoProfile", "-NonInteractive", "-Command"],
      parts: (keys) => (keys.flag("failFast", true) ? { before: lines("$ErrorActionPreference = 'Stop'") } : {})
    },
    script: script(".ps1", "")
  },
  go: image("golang", script(".go", "go run")),
  bun: image("oven/bun", script(".ts", "bun run")),
  deno: image("denoland/deno", script(".ts", "deno run")),
  dotnet: {
    both: {
      image: "mcr.microsoft.com/dotnet/sdk:10.0",
      parts: () => ({
        before: lines(
          "dotnet tool install -g dotnet-script --ignore-failed-sources || true",
          'export PATH="$PATH:$HOME/.dotnet/tools"'
        )
      })
    },
    script: script(".csx", "dotnet-script")
  },
  lua: image("nickblah/lua", script(".lua", "lua")),
  perl: { both: { image: "perl" }, script: script(".pl", "perl"), commands: { failFast: false } },
  php: image("php", script(".php", "php")),
  jbang: { both: { image: "jbangdev/jbang-action" }, script: jbang, scriptKeys: { extension: "text", quiet: "flag" } },
  groovy: image("groovy", script(".groovy", "groovy"))
}

const typesOf = ([name, language]: readonly [string, Language]): ReadonlyArray<readonly [string, ScriptType]> => [
  [`${PREFIX}${name}.Commands`, { ...language.both, ...language.commands }],
  [
    `${PREFIX}${name}.Script`,
    {
      ...language.both,
      script: language.script,
      ...(language.scriptKeys === undefined ? {} : { keys: { ...language.both.keys, ...language.scriptKeys } })
    }
  ]
]

/** Every type of a language, by its name. */
export const LANGUAGE_TYPES: ReadonlyArray<readonly [string, ScriptType]> = Object.entries(LANGUAGES).flatMap(typesOf)
