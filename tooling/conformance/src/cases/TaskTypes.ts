/** Types of script tasks and foreign runners: what each comes to in a pod, run to its end. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch } from "../clusters/Podwright.ts"

const SCRIPTS = "io.kestra.plugin.scripts"

/** The same program in each language: reads its input file, says where it runs, and fails with 3. */
const SCRIPTS_OF_LANGUAGES: ReadonlyArray<{
  readonly language: string
  /** A further line of the task. */
  readonly prelude?: string
  readonly script: string
}> = [
  {
    language: "node",
    script: `const { readFileSync } = require("node:fs")
console.log("out", readFileSync("other", "utf8"), "{{ inputs.word }}", process.cwd())
console.error("err")
process.exit(3)`
  },
  {
    language: "perl",
    script: `use Cwd;
open(my $file, "<", "other") or die; my $text = <$file>;
print "out $text {{ inputs.word }} ", getcwd(), "\\n";
print STDERR "err\\n";
exit 3;`
  },
  {
    language: "php",
    script: `<?php
echo "out ", file_get_contents("other"), " {{ inputs.word }} ", getcwd(), "\\n";
fwrite(STDERR, "err\\n");
exit(3);`
  },
  {
    language: "python",
    // Machines have it as python3 alone.
    prelude: `beforeCommands: ['command -v python >/dev/null || python() { python3 "$@"; }']`,
    script: `import os, sys
print("out", open("other").read(), "{{ inputs.word }}", os.getcwd())
print("err", file=sys.stderr)
sys.exit(3)`
  },
  {
    language: "r",
    script: `cat("out", readLines("other", warn = FALSE), "{{ inputs.word }}", getwd()); cat("\\n")
write("err", stderr())
quit(status = 3)`
  },
  {
    language: "ruby",
    script: `puts "out #{File.read("other")} {{ inputs.word }} #{Dir.pwd}"
warn "err"
exit 3`
  }
]

/** Runs a flow of these tasks, which are written as YAML, one after the other. */
const runTasks = async (cluster: Cluster, tasks: string, args: ReadonlyArray<string> = [], head = "") => {
  const id = freshId("types")
  const file = join(await scratch(), `${id}.yaml`)
  await writeFile(file, `id: ${id}\nnamespace: company.team\n${head}tasks:\n${tasks}`)
  return podwright(cluster, ["run", file, ...args])
}

export const taskTypes = (cluster: Cluster): void => {
  describe("task types", () => {
    it("a script of the shell is one command, and a runner of Docker a pod with what it has in common", async () => {
      const { code, stderr, stdout } = await runTasks(
        cluster,
        `  - id: who
    type: ${SCRIPTS}.shell.Script
    containerImage: busybox
    taskRunner:
      type: ${SCRIPTS}.runner.docker.Docker
      pullPolicy: IF_NOT_PRESENT
      networkMode: host
      memory: { memory: 64MB }
    script: |
      echo one
      false
      echo two
`
      )
      assert.strictEqual(stdout, "one\n")
      assert.strictEqual(code, 1, stderr)
      assert.match(stderr, /^podwright: \S+\.yaml:10:20: networkMode means nothing in a pod; the task runs without$/m)
    })

    it("a runner of Docker is refused where only podwright's is wanted", async () => {
      const { code, stderr } = await runTasks(
        cluster,
        `  - { id: a, type: ${SCRIPTS}.shell.Commands, runner: DOCKER, commands: ["true"] }\n`,
        ["--runner-strict"]
      )
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, /:4:\d+: the runner DOCKER is not podwright, and --runner-strict takes no other/)
    })

    it("the oldest type runs in the interpreter that it names, and keys are passed over with a notice", async () => {
      const { code, stderr, stdout } = await runTasks(
        cluster,
        `  - { id: a, type: io.kestra.core.tasks.scripts.Bash, dockerOptions: { image: busybox }, commands: ["echo $0"] }\n`,
        [],
        "triggers: [{ id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: '0 6 * * *' }]\n"
      )
      assert.strictEqual(stdout, "/bin/sh\n")
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /:3:11: triggers are not run by podwright: this run is by hand$/m)
      assert.match(
        stderr,
        /: io\.kestra\.core\.tasks\.scripts\.Bash is an old name of a type; here it runs in a pod of image busybox$/m
      )
    })

    it("names every type that is the orchestrator's at once, and runs nothing", async () => {
      const { code, stderr } = await runTasks(
        cluster,
        `  - { id: a, type: ${SCRIPTS}.shell.Commands, commands: ["true"] }
  - { id: b, type: io.kestra.plugin.core.flow.If, condition: x, then: [] }
  - { id: c, type: io.kestra.plugin.core.http.Download, uri: "https://x.example" }
`
      )
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, /:5:\d+: flow\.If chooses between tasks/)
      assert.match(stderr, /:6:\d+: http\.Download fetches a file/)
      assert.notInclude(stderr, "created pod")
    })

    it("lets tasks fail that may, leaves tasks out, and runs what stands under errors and finally", async () => {
      const shell = `type: ${SCRIPTS}.shell.Commands, containerImage: busybox`
      const tasks = `  - { id: may_fail, ${shell}, allowFailure: true, commands: ["exit 3"] }
  - { id: off, ${shell}, disabled: true, commands: [echo off] }
  - { id: not_now, ${shell}, runIf: "{{ outputs.may_fail.exitCode == 0 }}", commands: [echo not now] }
  - { id: now, ${shell}, runIf: "{{ outputs.may_fail.exitCode == 3 }}", commands: [echo now, "exit {{ inputs.code }}"] }
`
      const head = `inputs: [{ id: code, type: INT, defaults: 0 }]
outputs: [{ id: code, type: INT, value: "{{ outputs.may_fail.exitCode }}" }]
errors: [{ id: e, ${shell}, commands: ["echo '{{ error.taskId }} failed'"] }]
finally: [{ id: z, ${shell}, commands: [echo at last] }]
`
      const well = await runTasks(cluster, tasks, [], head)
      assert.strictEqual(well.stdout, "now\nat last\n", well.stderr)
      assert.strictEqual(well.code, 0)
      assert.match(well.stderr, /^podwright: task off is not run: it is disabled$/m)
      assert.match(well.stderr, /^podwright: task not_now is not run: its runIf says no$/m)
      assert.match(well.stderr, /^podwright: flow output code = 3$/m)
      const ill = await runTasks(cluster, tasks, ["--input", "code=7", "--output", "json"], head)
      assert.strictEqual(ill.code, 7, ill.stderr)
      const { state, task, tasks: all } = JSON.parse(ill.stdout)
      assert.deepStrictEqual([task, state], ["now", "FAILED"])
      assert.deepStrictEqual(
        all.map((one: { task: string; state: string }) => [one.task, one.state]),
        [
          ["may_fail", "WARNING"],
          ["now", "FAILED"],
          ["e", "SUCCESS"],
          ["z", "SUCCESS"]
        ]
      )
      assert.match(ill.stderr, /^now failed$/m)
    })

    it("expressions know which attempt it is", async () => {
      const { code, stderr, stdout } = await runTasks(
        cluster,
        `  - id: one
    type: ${SCRIPTS}.shell.Commands
    containerImage: busybox
    retry: { type: constant, interval: PT0.1S, maxAttempt: 3, warningOnRetry: true }
    commands: ["echo at attempt {{ taskrun.attemptsCount }}", "test {{ taskrun.attemptsCount }} -ge 2"]
`
      )
      assert.strictEqual(stdout, "at attempt 0\nat attempt 1\nat attempt 2\n", stderr)
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /WARNING/)
    })

    it("files of the namespace are in the working folder, and inputFiles replace them", async () => {
      const folder = await scratch()
      await mkdir(join(folder, "lib"))
      await writeFile(join(folder, "main.sh"), "cat lib/word notes\n", { mode: 0o755 })
      await writeFile(join(folder, "lib/word"), "from the namespace\n")
      await writeFile(join(folder, "notes"), "replaced\n")
      await writeFile(join(folder, "secret.txt"), "left out\n")
      const { code, stderr, stdout } = await runTasks(
        cluster,
        `  - id: one
    type: ${SCRIPTS}.shell.Commands
    containerImage: busybox
    namespaceFiles: { exclude: ["*.txt"] }
    inputFiles: { notes: "own\\n" }
    commands: [./main.sh, ls, "echo '{{ read('lib/word') | trim }}'"]
`,
        ["--namespace-files", folder]
      )
      assert.strictEqual(stdout, "from the namespace\nown\nlib\nmain.sh\nnotes\nfrom the namespace\n", stderr)
      assert.strictEqual(code, 0, stderr)
    })

    it("tasks of a WorkingDirectory find what those before have left in their folder, and what comes after does not", async () => {
      const shell = `type: ${SCRIPTS}.shell.Commands\n        containerImage: busybox`
      const { code, stderr, stdout } = await runTasks(
        cluster,
        `  - id: folder
    type: io.kestra.plugin.core.flow.WorkingDirectory
    inputFiles: { seed.txt: seed, .gitignore: "*.log" }
    outputFiles: [last.txt]
    tasks:
      - id: one
        ${shell}
        commands:
          - cat seed.txt && echo && rm seed.txt
          - mkdir -p deep .git empty && echo made > deep/made.txt && ln -s made.txt deep/link
          - echo head > .git/HEAD && echo log > a.log
          - printf '#!/bin/sh\\necho it runs' > run.sh && chmod +x run.sh
      - id: two
        ${shell}
        inputFiles: { own.txt: "own" }
        commands:
          - ls -A | LC_ALL=C sort | xargs echo
          - cat deep/link .git/HEAD a.log && ./run.sh && echo last > last.txt
  - id: after
    type: ${SCRIPTS}.shell.Commands
    containerImage: busybox
    inputFiles: { got.txt: "{{ outputs.folder.outputFiles['last.txt'] }}" }
    commands: [ls -A, cat got.txt]
`,
        ["--output-dir", await scratch()]
      )
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(stdout.trim().split("\n"), [
        "seed",
        ".git .gitignore a.log deep empty own.txt run.sh",
        ...["made", "head", "log", "it runs"],
        "got.txt",
        "last"
      ])
    })

    for (const { language, prelude = "", script } of SCRIPTS_OF_LANGUAGES)
      if (cluster.images.languages.includes(language))
        it(`a script of ${language} is a file beside its input files`, async () => {
          const { code, stderr, stdout } = await runTasks(
            cluster,
            `  - id: one
    type: ${SCRIPTS}.${language}.Script
    ${prelude}
    inputFiles: { other: "seven" }
    script: |
${script.replace(/^/gm, "      ")}
`,
            [],
            "inputs: [{ id: word, type: STRING, defaults: it's }]\n"
          )
          assert.strictEqual(stdout, "out seven it's /podwright/work\n", stderr)
          assert.include(stderr, "err\n")
          assert.strictEqual(code, 3, stderr)
        })
  })
}
