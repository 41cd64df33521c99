/** Runs that fail: the exit code says which kind of failure it is, the message says why. */
import { appendFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

const runner = (properties: string) =>
  `taskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, ${properties} }`

export const failures = (cluster: Cluster): void => {
  describe("failures", () => {
    it("a failing command gives its exit code, its log and its outputs", async () => {
      const folder = await scratch()
      const id = freshId("fails")
      const flow = await writeFlow(
        folder,
        id,
        ["echo before", "echo why >&2", "echo kept > kept.txt", "exit 42"],
        "containerImage: busybox\noutputFiles: [kept.txt]"
      )
      const { code, stderr, stdout } = await podwright(cluster, [
        "run",
        flow,
        "--output-dir",
        join(folder, "out"),
        "--output",
        "json"
      ])
      assert.strictEqual(code, 42)
      const result = JSON.parse(stdout)
      assert.strictEqual(result.state, "FAILED")
      assert.strictEqual(result.exitCode, 42)
      assert.deepStrictEqual(result.logLines, { stdout: 1, stderr: 1 })
      assert.deepStrictEqual(Object.keys(result.outputFiles), ["kept.txt"])
      assert.include(stderr, "why\n")
      await cluster.untilNoPods(id)
    })

    it("a failing command keeps its exit code when its outputs cannot be taken", async () => {
      const id = freshId("refused")
      const flow = await writeFlow(
        await scratch(),
        id,
        ["ln -s /etc/passwd {{ outputDir }}/link", "exit 3"],
        "containerImage: busybox"
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 3)
      assert.match(stderr, /warning: .*\/etc\/passwd/)
      await cluster.untilNoPods(id)
    })

    it("a misspelt key gives file:line:column and exit code 2, and no pod", async () => {
      const folder = await scratch()
      const id = freshId("misspelt")
      const flow = await writeFlow(folder, id, ["true"], "containerImagee: busybox")
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 2)
      assert.include(stderr, `${flow}:6:5`)
      assert.include(stderr, "containerImage")
      assert.strictEqual(stdout, "")
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("a later task that cannot be rendered is an error of its own, after the tasks before it", async () => {
      const folder = await scratch()
      const id = freshId("later")
      const flow = await writeFlow(folder, id, ["echo one"], "containerImage: busybox")
      await appendFile(
        flow,
        '  - id: second\n    type: io.kestra.plugin.scripts.shell.Commands\n    commands: ["{{ outputs.shell.nope }}"]\n'
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output", "json"])
      assert.strictEqual(code, 2)
      assert.include(stderr, `${flow}:11:`)
      const result = JSON.parse(stdout)
      assert.deepStrictEqual(
        result.tasks.map((task: { task: string; state: string }) => [task.task, task.state]),
        [
          ["shell", "SUCCESS"],
          ["second", "ERROR"]
        ]
      )
      await cluster.untilNoPods(id)
    })

    it("an input that does not exist is named, and no pod is made", async () => {
      const folder = await scratch()
      const id = freshId("no-input")
      const flow = await writeFlow(
        folder,
        id,
        ["true"],
        `containerImage: busybox\ninputFiles: { a.txt: "file:///nowhere/a.txt" }`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 2)
      assert.include(stderr, "/nowhere/a.txt")
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("an output folder that cannot be written is named before the command runs", async () => {
      const folder = await scratch()
      const id = freshId("folder")
      const flow = await writeFlow(folder, id, ["echo ran"], "containerImage: busybox")
      await writeFile(join(folder, "file"), "")
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "file")])
      assert.strictEqual(code, 2)
      assert.include(stderr, join(folder, "file"))
      assert.strictEqual(stdout, "")
      assert.notInclude(stderr, "created")
    })

    it("an output that was not written is named", async () => {
      const folder = await scratch()
      const id = freshId("no-output")
      const flow = await writeFlow(folder, id, ["true"], "containerImage: busybox\noutputFiles: [result.csv]")
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 125)
      assert.include(stderr, "result.csv")
      await cluster.untilNoPods(id)
    })

    it("a field the API server does not know is its error, with its path", async () => {
      const folder = await scratch()
      const id = freshId("unknown-field")
      const flow = await writeFlow(
        folder,
        id,
        ["true"],
        `containerImage: busybox\n${runner("podSpec: { tolerationz: [] }")}`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 125)
      assert.include(stderr, "tolerationz")
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("a program of another architecture did not run, and the result says why", async () => {
      const file = join(await scratch(), `${freshId("foreign")}.yaml`)
      // The header of an ELF program for arm64, and nothing behind it.
      const header = "\\177ELF\\002\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\002\\0\\267\\0\\001\\0\\0\\0"
      const make = `(printf '${header}'; head -c 40 /dev/zero) > /foreign/sh && chmod 755 /foreign/sh`
      const shared = { volumeMounts: [{ name: "foreign", mountPath: "/foreign" }] }
      const podSpec = {
        volumes: [{ name: "foreign", emptyDir: {} }],
        initContainers: [{ name: "prepare", image: "busybox", command: ["sh", "-c", make], ...shared }]
      }
      const task = { image: "busybox", interpreter: ["/foreign/sh", "-c"], commands: ["echo ran"] }
      await writeFile(file, JSON.stringify({ ...task, runner: { podSpec, containerSpec: shared } }))
      const { code, stderr, stdout } = await podwright(cluster, ["run", file, "--output", "json"])
      const { error, exitCode, state } = JSON.parse(stdout)
      assert.deepStrictEqual([state, error.cause, exitCode], ["FAILED", "CommandNotStarted", code], stderr)
      assert.match(error.message, /^the container could not start the command: .*\/foreign\/sh: /)
    })

    it("a main that never runs is not said to have started, though its helper has the inputs", async () => {
      const file = join(await scratch(), `${freshId("never-runs")}.yaml`)
      const task = {
        image: "busybox",
        commands: ["cat in.txt"],
        inputFiles: { "in.txt": "delivered while main waits" },
        runner: { containerSpec: { envFrom: [{ secretRef: { name: "no-such-secret" } }] } }
      }
      await writeFile(file, JSON.stringify(task))
      const { code, stderr, stdout } = await podwright(cluster, ["run", file, "--output", "ndjson"])
      assert.strictEqual(code, 125, stderr)
      const events = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
      const phases = events.flatMap(({ phase }) => (phase === undefined ? [] : [phase]))
      assert.include(phases, "scheduled")
      assert.notIncludeMembers(phases, ["started", "inputs-delivered"])
      assert.include(JSON.stringify(events), 'secret \\"no-such-secret\\" not found')
    })

    it("an init container of the task's own that fails is named, with its code and its last line", async () => {
      const file = join(await scratch(), `${freshId("init-fails")}.yaml`)
      const command = ["sh", "-c", "echo cannot reach the database >&2; exit 3"]
      const podSpec = { initContainers: [{ name: "prepare", image: "busybox", command }] }
      await writeFile(file, JSON.stringify({ image: "busybox", commands: ["echo main"], runner: { podSpec } }))
      const { code, stderr, stdout } = await podwright(cluster, ["run", file])
      assert.deepStrictEqual([code, stdout], [125, ""], stderr)
      assert.match(stderr, /container 'prepare' ended with exit code 3.*cannot reach the database/s)
      assert.notMatch(stderr, /kubectl describe pod/)
    })

    for (const [code, commands, said] of [
      [127, ["no-such-command"], /a shell says that it did not find a command/],
      [126, ["touch plain", "./plain"], /a shell says that it found a command but could not execute it/]
    ] as const) {
      it(`code ${code} says what a shell means by it, with the last lines of stderr`, async () => {
        const file = join(await scratch(), `${freshId("shell-says")}.yaml`)
        await writeFile(file, JSON.stringify({ image: "busybox", commands }))
        const ended = await podwright(cluster, ["run", file, "--output", "json"])
        const { error, exitCode } = JSON.parse(ended.stdout)
        assert.deepStrictEqual([ended.code, exitCode, error.cause], [code, code, "CommandFailed"], ended.stderr)
        assert.match(error.message, said)
        assert.match(ended.stderr, code === 127 ? /no-such-command: not found/ : /plain: Permission denied/i)
      })
    }

    it("an image that does not exist fails at once, with the registry's words", async () => {
      const folder = await scratch()
      const id = freshId("no-image")
      const flow = await writeFlow(folder, id, ["true"], `containerImage: ${cluster.images.missing}`)
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 125)
      assert.include(stderr, cluster.images.missing)
      assert.match(stderr, /not found/)
      await cluster.untilNoPods(id)
    })

    it("commands in an image without a shell fail with the reason", async () => {
      const folder = await scratch()
      const id = freshId("no-shell")
      const flow = await writeFlow(folder, id, ["true"], `containerImage: ${cluster.images.noShell}`)
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 128)
      assert.match(stderr, /could not start.*sh/s)
      await cluster.untilNoPods(id)
    })

    it("a command killed for its memory says so, with the limit", async () => {
      const folder = await scratch()
      const id = freshId("memory")
      const flow = await writeFlow(
        folder,
        id,
        // It ends by itself where nobody enforces the limit.
        ["echo eating", `awk 'BEGIN { s = "x"; while (length(s) < 1.5e8) s = s s }'`],
        `containerImage: busybox\n${runner("delete: false, resources: { limit: { memory: 32Mi } }")}`
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      const [pod] = await cluster.pods(`podwright.dev/flow-id=${id}`)
      const name = pod?.metadata.name ?? ""
      const events = await cluster.events(name)
      await cluster.remove(name)
      assert.include(stdout, "eating\n")
      // The embedded cluster says so where the machine gives it no memory cgroup; a real one never
      // does.
      if (events.some(({ reason }) => reason === "MemoryLimitNotEnforced")) return assert.strictEqual(code, 0, stderr)
      assert.strictEqual(code, 137, stderr)
      assert.match(stderr, /memory limit of 32Mi \(OOMKilled, exit code 137\)/)
    })

    it("a pod that somebody deletes is said to be deleted", async () => {
      const folder = await scratch()
      const id = freshId("deleted")
      const flow = await writeFlow(folder, id, ["echo begun", "sleep 600"], "containerImage: busybox")
      const invocation = start(cluster, ["run", flow])
      await invocation.printed("begun")
      for (const pod of await cluster.pods(`podwright.dev/flow-id=${id}`)) await cluster.remove(pod.metadata.name)
      assert.strictEqual((await invocation.ended).code, 125, invocation.stderr())
      assert.match(invocation.stderr(), /the pod was deleted while the task ran/, invocation.stderr())
    })

    it("the time limit ends the command with code 124 and says what the time went into", async () => {
      const folder = await scratch()
      const id = freshId("late")
      const flow = await writeFlow(folder, id, ["echo begun", "sleep 600"], "containerImage: busybox\ntimeout: PT6S")
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 124)
      assert.strictEqual(stdout, "begun\n")
      assert.match(stderr, /timeout allows 6 s, spent on running the command/)
      await cluster.untilNoPods(id)
    })

    it("a pod that no node takes says why when its time is up", async () => {
      // Long enough for the scheduler's word to come, also when the watch is lost several times in
      // a row.
      const seconds = cluster.underFaults ? 25 : 10
      const folder = await scratch()
      const id = freshId("unschedulable")
      const flow = await writeFlow(
        folder,
        id,
        ["true"],
        `containerImage: busybox\n${runner(`waitUntilRunning: PT${seconds}S, nodeSelector: { disk: none-such }`)}`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 124)
      assert.match(stderr, new RegExp(`waitUntilRunning allows ${seconds} s, spent on waiting for a node .*node`))
      await cluster.untilNoPods(id)
    })

    it("a missing permission names the verb and the resource", async () => {
      const folder = await scratch()
      const flow = await writeFlow(
        folder,
        freshId("forbidden"),
        ["true"],
        `containerImage: busybox\n${runner("namespace: kube-system")}`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 125)
      assert.match(stderr, /"create" on resource "pods"|"list" on resource "pods"|"watch" on resource "pods"/)
    })

    it("a connection's material that is wrong is told with its place in the file, and no pod is made", async () => {
      const folder = await scratch()
      const id = freshId("material")
      const flow = await writeFlow(
        folder,
        id,
        ["true"],
        `containerImage: busybox\n${runner("config: { caCertFile: nowhere.pem }")}`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 2)
      assert.match(stderr, /\.yaml:\d+:\d+: config\.caCertFile: cannot be read: ENOENT.*nowhere\.pem/)
      assert.include(stderr, join(folder, "nowhere.pem"))
    })

    it("no cluster is a platform failure that names the address", async () => {
      const folder = await scratch()
      const flow = await writeFlow(folder, freshId("unreachable"), ["true"], "containerImage: busybox")
      const kubeconfig = join(folder, "kubeconfig")
      await writeFile(
        kubeconfig,
        `apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:9"}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c\n`
      )
      const { code, stderr } = await podwright(cluster, ["run", flow], kubeconfig)
      assert.strictEqual(code, 125)
      assert.include(stderr, "127.0.0.1:9")
    })
  })
}
