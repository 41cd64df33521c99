/**
 * How commands are run: interpreters, `beforeCommands`, `failFast`, `targetOS`, and whose variable
 * wins.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

interface Case {
  readonly name: string
  readonly commands: ReadonlyArray<string>
  readonly task: string
  readonly code: number
  readonly stdout: string
}

const RUNNER = "type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes"

const cases: ReadonlyArray<Case> = [
  {
    name: "the default interpreter is /bin/sh -c, and stops at the first command that fails",
    commands: ["echo $0 one", "false", "echo two"],
    task: "",
    code: 1,
    stdout: "/bin/sh one\n"
  },
  {
    name: "failFast: false goes on, and the last command decides",
    commands: ["false", "echo two"],
    task: "failFast: false",
    code: 0,
    stdout: "two\n"
  },
  {
    name: "failFast: false ends with the last command's code",
    commands: ["echo one", "exit 7"],
    task: "failFast: false",
    code: 7,
    stdout: "one\n"
  },
  {
    name: "beforeCommands run first, in the same shell, and fail fast",
    commands: ["echo $GREETING"],
    task: 'beforeCommands: ["GREETING=hello", "cd /", "pwd"]',
    code: 0,
    stdout: "/\nhello\n"
  },
  {
    name: "a beforeCommand that fails leaves the commands out",
    commands: ["echo never"],
    task: 'beforeCommands: ["echo before", "exit 9"]',
    code: 9,
    stdout: "before\n"
  },
  {
    name: "an interpreter of its own gets one script",
    commands: ["BEGIN {", 'print "by awk"', "exit 4 }"],
    task: "interpreter: [awk]",
    code: 4,
    stdout: "by awk\n"
  },
  {
    name: "bash knows what sh does not",
    commands: ["words=(a b c)", "echo ${words[2]}"],
    task: "containerImage: ubuntu\ninterpreter: [/bin/bash, -c]",
    code: 0,
    stdout: "c\n"
  },
  {
    name: "without an interpreter the commands are the program and its arguments",
    commands: ["printf", "%s|", "a b", "$HOME"],
    task: "interpreter: []",
    code: 0,
    stdout: "a b|$HOME|"
  },
  {
    name: "variables that are no shell's reach a program that is none, from wherever they come",
    commands: [
      'BEGIN { print ENVIRON["a.b"] "|" ENVIRON["my-var"] "|" ("1st" in ENVIRON) "|" ENVIRON["ok"]',
      'print ENVIRON["spec.x"] "|" ENVIRON["task.id"] }'
    ],
    task: `interpreter: [awk]\nenv: { a.b: "z $(ok) $$ $", my-var: y, "1st": "", ok: z }\ntaskRunner: { ${RUNNER}, containerSpec: { env: [{ name: spec.x, value: "$(NOBODY)" }, { name: task.id, valueFrom: { fieldRef: { fieldPath: "metadata.labels['podwright.dev/task-id']" } } }] } }`,
    code: 0,
    stdout: "z $(ok) $$ $|y|1|z\n$(NOBODY)|shell\n"
  },
  {
    name: "targetOS LINUX and AUTO end lines alike",
    commands: ["echo one", "echo two"],
    task: "targetOS: AUTO",
    code: 0,
    stdout: "one\ntwo\n"
  },
  {
    // By its bytes: container runtimes drop a CR before a LF from their logs.
    name: "targetOS WINDOWS ends lines as Windows does",
    commands: ["a", "b"],
    task: `targetOS: WINDOWS\nfailFast: false\ninterpreter: [sh, -c, 'printf %s "$0" | od -An -c']\ntaskRunner: { ${RUNNER}, logs: kubelet }`,
    code: 0,
    stdout: "   a  \\r  \\n   b\n"
  },
  {
    name: "the task's variables win over containerSpec's, those over containerDefaultSpec's, and are taken literally",
    commands: ['echo "$A $B $C"'],
    task: `env: { A: task, C: "$(A) $HOME" }\ntaskRunner: { ${RUNNER}, containerSpec: { env: [{ name: A, value: spec }, { name: B, value: spec }] }, containerDefaultSpec: { env: [{ name: B, value: default }] } }`,
    code: 0,
    stdout: "task spec $(A) $HOME\n"
  }
]

export const commands = (cluster: Cluster): void => {
  describe("commands", () => {
    for (const { code, commands: lines, name, stdout, task } of cases)
      it(name, async () => {
        const id = freshId("commands")
        const image = task.includes("containerImage") ? "" : "containerImage: busybox\n"
        const flow = await writeFlow(await scratch(), id, lines, `${image}${task}`)
        const end = await podwright(cluster, ["run", flow])
        assert.deepStrictEqual(
          [end.code, end.stdout.replace(/\n?$/, "\n")],
          [code, stdout.replace(/\n?$/, "\n")],
          end.stderr
        )
      })

    it("WORKING_DIR and OUTPUT_DIR of the task's own stand, with a notice", async () => {
      const task = "containerImage: busybox\nenv: { WORKING_DIR: /tmp, OUTPUT_DIR: /mine }"
      const flow = await writeFlow(await scratch(), freshId("commands"), ['echo "$WORKING_DIR $OUTPUT_DIR"; pwd'], task)
      const end = await podwright(cluster, ["run", flow])
      assert.strictEqual(end.stdout, "/tmp /mine\n/podwright/work\n", end.stderr)
      assert.strictEqual(end.code, 0)
      assert.match(end.stderr, /OUTPUT_DIR.*: what is written there does not come back/)
    })

    const impossible: ReadonlyArray<readonly [name: string, command: string, task: string, place: string]> = [
      ["a NUL byte in a command", "echo a\0b", "", ":9:9: commands[1]: there is a NUL byte in line 1, column 7"],
      ["a NUL byte in a variable", "true", 'env: { A: "\\0" }', ":7:15: env.A: there is a NUL byte"],
      [
        "a variable of 200,000 bytes",
        "true",
        `env: { A: ${"x".repeat(200_000)} }`,
        ":7:15: env.A: the variable is 200002"
      ]
    ]
    for (const [name, command, task, place] of impossible)
      it(`${name} is refused at its place, and no pod is made`, async () => {
        const id = freshId("commands")
        const flow = await writeFlow(await scratch(), id, ["ls", command], `containerImage: busybox\n${task}`)
        const end = await podwright(cluster, ["run", flow])
        assert.strictEqual(end.code, 2)
        assert.include(end.stderr, `${flow}${place}`)
        assert.isBelow(end.stderr.length, 1000)
        assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
      })

    it("targetOS WINDOWS with files is refused before a pod is made", async () => {
      const id = freshId("commands")
      const task = 'containerImage: busybox\ntargetOS: WINDOWS\noutputFiles: ["*.txt"]'
      const end = await podwright(cluster, ["run", await writeFlow(await scratch(), id, ["dir"], task)])
      assert.strictEqual(end.code, 2)
      assert.match(end.stderr, /targetOS: WINDOWS has no POSIX shell/)
    })
  })
}
