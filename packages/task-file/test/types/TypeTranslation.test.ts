import { assert, describe, it } from "@effect/vitest"
import { scriptType, scriptTypeNames } from "../../src/types/ScriptTypes.ts"
import { type Translation, type TypeOptions, translateTask } from "../../src/types/TypeTranslation.ts"

const SCRIPTS = "io.kestra.plugin.scripts."

const translate = (name: string, task: Parameters<typeof translateTask>[2], options?: TypeOptions): Translation => {
  const type = scriptType(name)
  if (type === undefined) throw new Error(`no type ${name}`)
  return translateTask(name, type, { id: "t", type: name, ...task }, options)
}

describe("translateTask", () => {
  // Every language: the image, the file and the command, as Kestra's own types have them.
  it.each([
    ["shell", "ubuntu", undefined, "the text"],
    ["python", "python:3.13-slim", "podwright-script.py", "python /podwright/work/podwright-script.py"],
    ["node", "node", "podwright-script.js", "node /podwright/work/podwright-script.js"],
    ["r", "r-base", "podwright-script.R", "Rscript /podwright/work/podwright-script.R"],
    ["julia", "julia", "podwright-script.jl", "julia /podwright/work/podwright-script.jl"],
    ["ruby", "ruby", "podwright-script.rb", "ruby /podwright/work/podwright-script.rb"],
    [
      "powershell",
      "ghcr.io/kestra-io/powershell:latest",
      "podwright-script.ps1",
      "/podwright/work/podwright-script.ps1"
    ],
    ["go", "golang", "podwright-script.go", "go run /podwright/work/podwright-script.go"],
    ["bun", "oven/bun", "podwright-script.ts", "bun run /podwright/work/podwright-script.ts"],
    ["deno", "denoland/deno", "podwright-script.ts", "deno run /podwright/work/podwright-script.ts"],
    [
      "dotnet",
      "mcr.microsoft.com/dotnet/sdk:10.0",
      "podwright-script.csx",
      "dotnet-script /podwright/work/podwright-script.csx"
    ],
    ["lua", "nickblah/lua", "podwright-script.lua", "lua /podwright/work/podwright-script.lua"],
    ["perl", "perl", "podwright-script.pl", "perl /podwright/work/podwright-script.pl"],
    ["php", "php", "podwright-script.php", "php /podwright/work/podwright-script.php"],
    ["jbang", "jbangdev/jbang-action", "podwright-script.java", "jbang --quiet /podwright/work/podwright-script.java"],
    ["groovy", "groovy", "podwright-script.groovy", "groovy /podwright/work/podwright-script.groovy"]
  ])("runs a script of %s in %s", (language, image, file, command) => {
    const script = translate(`${SCRIPTS}${language}.Script`, { script: "the text" })
    assert.strictEqual(script.image, image)
    assert.strictEqual(script.script?.name, file)
    assert.deepStrictEqual(script.task["commands"], [command])
    assert.isFalse("script" in script.task)
    const commands = translate(`${SCRIPTS}${language}.Commands`, { commands: ["one", "two"] })
    assert.strictEqual(commands.image, image)
    assert.isUndefined(commands.script)
    assert.deepStrictEqual([...script.issues, ...commands.issues], [])
  })

  it("lets the image, the flags and the variables of a task win as they do in Kestra", () => {
    const name = `${SCRIPTS}python.Commands`
    const { image, task } = translate(name, {
      containerImage: "python:3.12-alpine",
      env: { OWN: "x", PYTHONUNBUFFERED: "false" },
      failFast: false,
      commands: ["c"]
    })
    assert.strictEqual(image, "python:3.12-alpine")
    assert.deepStrictEqual(task["env"], {
      OWN: "x",
      PYTHONUNBUFFERED: "true",
      PIP_ROOT_USER_ACTION: "ignore",
      PIP_DISABLE_PIP_VERSION_CHECK: "1"
    })
    assert.isFalse(task["failFast"])
    assert.isFalse(translate(`${SCRIPTS}perl.Commands`, { commands: ["c"] }).task["failFast"])
  })

  it("replaces the image of shells alone by the default of the command line", () => {
    const options = { defaultImage: "debian:12" }
    assert.strictEqual(translate(`${SCRIPTS}shell.Script`, { script: "s" }, options).image, "debian:12")
    assert.strictEqual(translate(`${SCRIPTS}node.Script`, { script: "s" }, options).image, "node")
  })

  it("gives Python the names that expressions print, unless something must come first", () => {
    const name = `${SCRIPTS}python.Script`
    assert.strictEqual(
      translate(name, { script: "print({{ x }})" }).script?.head,
      "true, false, null = True, False, None\n"
    )
    assert.strictEqual(translate(name, { script: "\nfrom __future__ import annotations\n" }).script?.head, "")
  })

  it("installs Python's packages before anything of the task, and leaves their texts to no shell", () => {
    const { image, moved, notices, task } = translate(`${SCRIPTS}python.Script`, {
      dependencies: ["six==1.16.0", "a; python_version < '3.9'", "{{ inputs.more }}"],
      pythonVersion: "3.12",
      packageManager: "UV",
      beforeCommands: ["first"],
      script: "s"
    })
    assert.strictEqual(image, "python:3.12-slim")
    assert.deepInclude(task["env"], {
      PODWRIGHT_DEPENDENCIES: "six==1.16.0\na; python_version < '3.9'\n{{ inputs.more }}"
    })
    assert.deepStrictEqual(task["beforeCommands"], [
      `printf '%s\\n' "$PODWRIGHT_DEPENDENCIES" | python -m pip install --quiet --target /tmp/podwright-packages --requirement /dev/stdin`,
      "export PYTHONPATH=/tmp/podwright-packages${PYTHONPATH:+:$PYTHONPATH}",
      "first"
    ])
    assert.deepStrictEqual(notices, [])
    assert.deepInclude(moved, [
      ["beforeCommands", 2],
      ["beforeCommands", 0]
    ])
    assert.deepInclude(moved, [["env", "PODWRIGHT_DEPENDENCIES"], ["dependencies"]])
    const other = translate(`${SCRIPTS}python.Script`, { containerImage: "my/py", pythonVersion: 3.12, script: "s" })
    assert.strictEqual(other.image, "my/py")
    assert.match(other.notices[0]?.message ?? "", /^pythonVersion 3\.12 only chooses an image/)
  })

  it("reports keys of the wrong kind, and scripts and commands in each other's place", () => {
    const python = `${SCRIPTS}python.Script`
    const problems = (name: string, task: Parameters<typeof translateTask>[2]) =>
      translate(name, task).issues.map(({ message }) => message)
    assert.deepStrictEqual(problems(python, {}), ["script: Missing key"])
    assert.deepStrictEqual(problems(python, { script: ["s"] }), ["script: expected a text"])
    assert.deepStrictEqual(problems(python, { script: "s", commands: ["c"] }), [
      "python.Script has a script and no commands"
    ])
    assert.deepStrictEqual(problems(python, { script: "s", dependencies: { six: 1 } }), [
      "dependencies: expected a list of texts, or one text"
    ])
    assert.deepStrictEqual(
      problems("io.kestra.plugin.azure.cli.AzCLI", { commands: ["c"], servicePrincipal: "maybe" }),
      ["servicePrincipal: expected true or false"]
    )
  })

  it("refuses another runner where only podwright's is wanted", () => {
    const runner = { taskRunner: { type: "io.kestra.plugin.core.runner.Process" }, commands: ["c"] }
    const shell = `${SCRIPTS}shell.Commands`
    assert.deepStrictEqual(
      translate(shell, runner, { runnerStrict: true }).issues.map(({ message, path }) => [path, message]),
      [
        [
          ["taskRunner", "type"],
          "the task runner io.kestra.plugin.core.runner.Process is not podwright, and --runner-strict takes no other"
        ]
      ]
    )
    assert.deepStrictEqual(
      translate(shell, runner).notices.map(({ message }) => message),
      ["Kestra runs this task on its server's own machine; here it runs in a pod of image ubuntu"]
    )
  })

  it("runs the oldest types, with one notice", () => {
    const bash = translate("io.kestra.core.tasks.scripts.Bash", {
      outputFiles: ["report"],
      exitOnFailed: false,
      interpreter: "/bin/bash",
      commands: ["c"]
    })
    assert.deepStrictEqual(
      bash.notices.map(({ message }) => message),
      [
        "io.kestra.core.tasks.scripts.Bash is an old name of a type, and Kestra runs this task on its server's own machine; here it runs in a pod of image ubuntu"
      ]
    )
    assert.deepStrictEqual(bash.task["interpreter"], ["/bin/bash", "-c"])
    assert.isFalse(bash.task["failFast"])
    const python = translate("io.kestra.core.tasks.scripts.Python", {
      inputFiles: { "main.py": "import kestra" },
      requirements: ["six"],
      args: ["a", "b"],
      runner: "DOCKER",
      dockerOptions: { image: "python:3.9" }
    })
    assert.strictEqual(python.image, "python:3.9")
    assert.deepStrictEqual(python.task["commands"], ["./bin/python main.py a b"])
    assert.hasAllKeys(python.task["inputFiles"], ["main.py", "kestra.py"])
    assert.deepStrictEqual(
      translate("io.kestra.core.tasks.scripts.Node", {}).issues.map(({ message }) => message),
      ["inputFiles: expected 'main.js' among them"]
    )
  })

  it("leaves nothing of any type to a reader that does not know it", () => {
    for (const name of scriptTypeNames()) {
      const { task } = translate(name, {
        commands: ["c"],
        script: "s",
        runner: "DOCKER",
        docker: {},
        taskRunner: { type: "podwright" }
      })
      for (const key of ["taskRunner", "runner", "docker", "dockerOptions"])
        assert.isFalse(key in task, `${key} of ${name}`)
    }
  })
})
