import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { formatPath } from "../../src/error/SpecError.ts"
import { buildPod } from "../../src/pod/PodBuilder.ts"
import type { TaskValues } from "../../src/task/TaskValues.ts"
import { commands, entrypoint, failure, runner, task } from "../fixtures.ts"

type Row = readonly [name: string, values: TaskValues, properties: unknown, path: string, message: RegExp]

const bare: Partial<TaskValues> = { hasInputs: false, wantsOutputs: false }
const bareLogs = { logs: "kubelet" }
const env = (name: string, value = "x") => ({ env: [{ name, value }] })
const mounted = (mountPath: string, name = "data") => ({ volumeMounts: [{ name, mountPath }] })
const workingDir = { workingDir: "/srv" }

const conflicts: ReadonlyArray<Row> = [
  [
    "a volume of our name",
    task(),
    { podSpec: { volumes: [{ name: "a" }, { name: "podwright" }] } },
    "podSpec.volumes[1].name",
    /podwright's own volume.*'podwright'/
  ],
  [
    "a mount at our root",
    task(),
    { containerSpec: mounted("/podwright") },
    "containerSpec.volumeMounts[0].mountPath",
    /'\/podwright' of 'main'/
  ],
  [
    "a mount below our root",
    task(),
    { containerSpec: mounted("//podwright/./work/") },
    "containerSpec.volumeMounts[0].mountPath",
    /cover podwright's volume/
  ],
  [
    "our volume mounted elsewhere in main",
    task(),
    { containerSpec: mounted("/x", "podwright") },
    "containerSpec.volumeMounts[0].name",
    /itself/
  ],
  [
    "a default mount at our root",
    task(),
    { containerDefaultSpec: mounted("/podwright") },
    "containerDefaultSpec.volumeMounts[0].mountPath",
    /cover/
  ],
  [
    "a helper's mount at our root",
    task(),
    { fileSideCarSpec: mounted("/podwright/run") },
    "fileSideCarSpec.volumeMounts[0].mountPath",
    /of 'files'/
  ],
  [
    "a container named as the helper",
    task(),
    { podSpec: { containers: [{ name: "files" }] } },
    "podSpec.containers[0].name",
    /helper container is named 'files'/
  ],
  [
    "an init container named as the helper",
    entrypoint(),
    { podSpec: { initContainers: [{ name: "files-in" }] } },
    "podSpec.initContainers[0].name",
    /'files-in'/
  ],
  [
    "an init container named as main",
    task(),
    { podSpec: { initContainers: [{ name: "main" }] } },
    "podSpec.initContainers[0].name",
    /the container that runs the task is named 'main'/
  ],
  [
    "restartPolicy Always",
    task(),
    { podSpec: { restartPolicy: "Always" } },
    "podSpec.restartPolicy",
    /Never, not 'Always'/
  ],
  [
    "restartPolicy of main",
    task(),
    { containerSpec: { restartPolicy: "Always" } },
    "containerSpec.restartPolicy",
    /'main' cannot be restarted/
  ],
  [
    "containerSpec's OUTPUT_DIR",
    task(),
    { containerSpec: env("OUTPUT_DIR") },
    "containerSpec.env[0]",
    /podwright sets OUTPUT_DIR/
  ],
  [
    "commands for Windows behind a gate",
    task({ command: { ...commands("dir"), targetOS: "WINDOWS" } }),
    {},
    "targetOS",
    /no POSIX shell.*logs: kubelet/
  ],
  [
    "a default WORKING_DIR",
    task(),
    { containerDefaultSpec: env("WORKING_DIR") },
    "containerDefaultSpec.env[0]",
    /WORKING_DIR/
  ],
  [
    "containerSpec.command beside commands",
    task(),
    { containerSpec: { command: ["x"] } },
    "containerSpec.command",
    /'command' of 'main'.*task's commands/
  ],
  [
    "args beside commands, bare too",
    task(bare),
    { ...bareLogs, containerSpec: { args: ["x"] } },
    "containerSpec.args",
    /task's commands/
  ],
  [
    "main's command in podSpec",
    task(),
    { podSpec: { containers: [{ name: "x" }, { name: "main", command: ["x"] }] } },
    "podSpec.containers[1].command",
    /task's commands/
  ],
  [
    "workingDir in the gate shape",
    task(),
    { containerSpec: workingDir },
    "containerSpec.workingDir",
    /WORKING_DIR.*'\/podwright\/work'.*'workingDir'/
  ],
  ["main under another name", task(), { containerSpec: { name: "other" } }, "containerSpec.name", /'main'/],
  ["the helper under another name", task(), { fileSideCarSpec: { name: "other" } }, "fileSideCarSpec.name", /'files'/],
  [
    "the helper's command",
    task(),
    { fileSideCarSpec: { command: ["x"] } },
    "fileSideCarSpec.command",
    /podwright's own script/
  ],
  [
    "the helper's command by default",
    task(),
    { fileSidecar: { defaultSpec: { args: ["x"] } } },
    "fileSidecar.defaultSpec.args",
    /'files'/
  ],
  [
    "the helper's workingDir in the volume",
    task(),
    { fileSideCarSpec: { workingDir: "/podwright/work" } },
    "fileSideCarSpec.workingDir",
    /as root/
  ],
  [
    "the helper's PODWRIGHT_POD_UID",
    task(),
    { fileSideCarSpec: { env: [{ name: "PODWRIGHT_POD_UID", value: "x" }] } },
    "fileSideCarSpec.env[0]",
    /the pod's uid/
  ],
  ["logs: volume without commands", entrypoint(), { logs: "volume" }, "logs", /entrypoint.*logs: kubelet/]
]

describe("what would break the protocol is refused, with both sides named", () => {
  for (const [name, values, properties, path, message] of conflicts) {
    it(name, () => {
      const error = failure(values, properties)
      assert.strictEqual(error.reason._tag, "ProtocolConflict")
      assert.deepStrictEqual(
        error.issues.map((issue) => formatPath(issue.path)),
        [path]
      )
      assert.match(error.issues[0]?.message ?? "", message)
    })
  }
  it("an issue tells whose values its path leads into", () => {
    const windows = task({ command: { ...commands("dir"), targetOS: "WINDOWS" } })
    const error = failure(windows, { containerSpec: { name: "x" } })
    assert.deepStrictEqual(
      error.issues.map((issue) => [issue.source, ...issue.path]),
      [
        ["runner", "containerSpec", "name"],
        ["task", "targetOS"]
      ]
    )
  })
})

const allowed: ReadonlyArray<readonly [string, TaskValues, unknown]> = [
  [
    "the protocol's own values, repeated",
    task({ env: { WORKING_DIR: "/podwright/work" } }),
    { containerSpec: env("OUTPUT_DIR", "/podwright/output"), podSpec: { restartPolicy: "Never" } }
  ],
  ["the task's own variables of the protocol's names", task({ env: { WORKING_DIR: "/x", OUTPUT_DIR: "/y" } }), {}],
  ["a mount whose path only begins with our root's name", task(), { containerSpec: mounted("/podwright-data") }],
  [
    "our volume in a container of the user's",
    task(),
    { podSpec: { containers: [{ name: "x", ...mounted("/podwright", "podwright") }] } }
  ],
  ["a native sidecar", task(), { podSpec: { initContainers: [{ name: "mesh", restartPolicy: "Always" }] } }],
  [
    "containerSpec.command for an entrypoint task",
    entrypoint(),
    { containerSpec: { command: ["x"], workingDir: "/srv" } }
  ],
  [
    "the protocol's names and paths in a bare pod",
    task(bare),
    {
      ...bareLogs,
      containerSpec: { ...mounted("/podwright"), ...workingDir, ...env("WORKING_DIR") },
      podSpec: { containers: [{ name: "files" }], volumes: [{ name: "podwright" }] }
    }
  ],
  ["files-in as a name in the gate shape", task(), { podSpec: { initContainers: [{ name: "files-in" }] } }]
]

describe("what breaks nothing is let through", () => {
  for (const [name, values, properties] of allowed) {
    it(name, () => {
      const found = buildPod(values, runner(properties))
      assert.isTrue(Result.isSuccess(found), Result.isFailure(found) ? found.failure.message : "")
    })
  }
})

const malformed: ReadonlyArray<Row> = [
  ["an empty image", task({ image: " " }), {}, "image", /image/],
  ["an empty list of commands", task({ command: commands() }), {}, "commands", /no command/],
  ["a timeout of zero", task({ timeoutSeconds: 0 }), {}, "timeoutSeconds", /longer than zero/],
  ["containers that are not a list", task(), { podSpec: { containers: {} } }, "podSpec.containers", /list/],
  [
    "a container without a name",
    task(),
    { podSpec: { initContainers: [{ image: "x" }] } },
    "podSpec.initContainers[0]",
    /name/
  ],
  [
    "main twice",
    task(),
    { podSpec: { containers: [{ name: "main" }, { name: "main" }] } },
    "podSpec.containers[1].name",
    /already/
  ]
]

describe("what no pod can be made of is refused", () => {
  for (const [name, values, properties, path, message] of malformed) {
    it(name, () => {
      const error = failure(values, properties)
      assert.include(["InvalidTask", "InvalidProperties"], error.reason._tag)
      assert.deepStrictEqual(
        error.issues.map((issue) => formatPath(issue.path)),
        [path]
      )
      assert.match(error.issues[0]?.message ?? "", message)
    })
  }
})
