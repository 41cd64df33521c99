/** What a command finds of its input files: modes, owners, times, and which are there at all. */
import { hash } from "node:crypto"
import { once } from "node:events"
import { chmod, mkdir, utimes, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

/** Files below a folder, each with its name as its content. */
const makeFiles = async (folder: string, names: ReadonlyArray<string>): Promise<void> => {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), name)
  }
}

const RUNNER = "taskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes"

export const inputFiles = (cluster: Cluster): void => {
  describe("input files", () => {
    const show = "stat -c '%a %n' . key data tool secret script sub sub/deep; ls -ln key | cut -d' ' -f1"
    const kept = ["755 .", "600 key", "640 data", "755 tool", "600 secret", "755 script", "750 sub", "600 sub/deep"]
    const users: ReadonlyArray<readonly [string, string]> = [
      ["the image's user", ""],
      ["a user that the pod names", `${RUNNER}, podSpec: { securityContext: { runAsUser: 1000 } } }\n`]
    ]
    for (const [who, runner] of users)
      it(`keep their modes for ${who}, who can write`, async () => {
        const folder = await scratch()
        await makeFiles(folder, ["key", "data", "tool", "sub/deep"])
        for (const [name, mode] of Object.entries({
          key: 0o600,
          data: 0o640,
          tool: 0o755,
          sub: 0o750,
          "sub/deep": 0o600
        }))
          await chmod(join(folder, name), mode)
        const id = freshId("modes")
        const task = `containerImage: busybox\n${runner}inputFiles:\n  key: { path: key }\n  data: { path: data }\n  tool: { path: tool }\n  sub: { path: sub }\n  secret: { text: s, mode: "0600" }\n  script: "#!/bin/sh"\n`
        const flow = await writeFlow(folder, id, [show, "echo more >>key; touch new sub/new"], task)
        const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
        assert.strictEqual(code, 0, stderr)
        assert.deepStrictEqual(stdout.trim().split("\n"), [...kept, "-rw-------"])
        await cluster.untilNoPods(id)
      })

    it("are open to a main of another user than the helper", async () => {
      const folder = await scratch()
      await makeFiles(folder, ["key", "sub/deep"])
      for (const name of ["key", "sub/deep"]) await chmod(join(folder, name), 0o600)
      await chmod(join(folder, "sub"), 0o700)
      const id = freshId("other-user")
      // The pod's user is main's; the helper is told to be another.
      const task = `containerImage: busybox\n${RUNNER}, podSpec: { securityContext: { runAsUser: 1000 } }, fileSideCarSpec: { securityContext: { runAsUser: 2000 } } }\ninputFiles: { key: { path: key }, sub: { path: sub } }`
      const commands = ["id -u; cat key sub/deep; echo; echo more >>key; echo more >>sub/deep; touch new sub/new"]
      const flow = await writeFlow(folder, id, commands, task)
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "1000\nkeysub/deep\n")
      await cluster.untilNoPods(id)
    })

    it("have the time of their source, and texts that of now", async () => {
      const folder = await scratch()
      await makeFiles(folder, ["old"])
      await utimes(join(folder, "old"), 1_000_000_000, 1_000_000_000)
      const id = freshId("times")
      const task = 'containerImage: busybox\ninputFiles: { old: { path: old }, "made/text": x }'
      const flow = await writeFlow(folder, id, ["stat -c %Y old made made/text; date +%s"], task)
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      const [old, , text = 0, now = 0] = stdout.trim().split("\n").map(Number)
      assert.strictEqual(old, 1_000_000_000)
      assert.isBelow(Math.abs(now - text), 600)
      assert.match(stdout.split("\n")[1] ?? "", /^1[6-9]/)
      await cluster.untilNoPods(id)
    })

    it("come through redirects, and are refused with another digest than the task gives", async () => {
      const server = createServer((request, response) => {
        if (request.url === "/old") response.writeHead(302, { location: "/new" }).end()
        else response.end("content")
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      const port = address === null || typeof address === "string" ? 0 : address.port
      try {
        const folder = await scratch()
        const id = freshId("redirect")
        const task = (sum: string) =>
          `containerImage: busybox\ninputFiles: { in: { url: "http://127.0.0.1:${port}/old", sha256: ${sum}, mode: "0600" } }`
        const commands = ["cat in; stat -c ' %a' in"]
        const good = await writeFlow(folder, id, commands, task(hash("sha256", "content")))
        const { code, stderr, stdout } = await podwright(cluster, ["run", good])
        assert.strictEqual(code, 0, stderr)
        assert.strictEqual(stdout, "content 600\n")
        const bad = await podwright(cluster, ["run", await writeFlow(folder, id, commands, task("a".repeat(64)))])
        assert.notStrictEqual(bad.code, 0)
        assert.include(bad.stderr, `the SHA-256 of what came is ${hash("sha256", "content")}`)
        await cluster.untilNoPods(id)
      } finally {
        server.close()
      }
    })

    it("of an optional input that is not given are not there", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const type = "io.kestra.plugin.scripts.shell.Commands"
      const absent = "{{ inputs.file }}"
      const inputFiles = { a: absent, b: { path: absent }, c: { url: absent, mode: "0600" }, d: `[${absent}]` }
      const task = { id: "a", type, containerImage: "busybox", inputFiles, commands: ["ls", "cat d"] }
      const inputs = [{ id: "file", type: "FILE", required: false }]
      await writeFile(path, JSON.stringify({ id: freshId("absent"), namespace: "company.team", inputs, tasks: [task] }))
      const { code, stderr, stdout } = await podwright(cluster, ["run", path])
      assert.deepStrictEqual([code, stdout], [0, "d\n[]\n"], stderr)
    })

    it("fill the working folder itself, without what ignore files, .git and .podwright leave out", async () => {
      const folder = await scratch()
      const project = join(folder, "project")
      await makeFiles(project, ["a.py", "conf/x", "conf/y", "b.log", ".git/HEAD", ".podwright/run/out", "venv/lib/z"])
      await writeFile(join(project, ".gitignore"), "*.log\nvenv/\n")
      const id = freshId("root")
      const task = "containerImage: busybox\ninputFiles: { conf/x: ours, .: { path: project } }"
      const flow = await writeFlow(folder, id, ["find . -type f | LC_ALL=C sort; cat conf/x"], task)
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "./.gitignore\n./a.py\n./conf/x\n./conf/y\nours\n")
      assert.include(stderr, "left out by ignore files: 3")
      await cluster.untilNoPods(id)
    })
  })
}
