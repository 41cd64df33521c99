/** Files on their way into a pod and back: names, modes, sizes and contents. */
import { createHash, hash, randomBytes } from "node:crypto"
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

/** Everything below a folder: kind, executable bit, and a digest or a link's target. */
const snapshot = async (folder: string): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name)
    const info = await lstat(path)
    if (info.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)}`)
    else if (info.isDirectory()) lines.push(`${name}/`)
    else {
      const digest = createHash("sha256")
        .update(await readFile(path))
        .digest("hex")
      lines.push(`${name} ${(info.mode & 0o100) === 0 ? "file" : "program"} ${digest}`)
    }
  }
  return lines.sort()
}

/** A tree with all that tar, shells and file systems find hard. */
const hardTree = async (folder: string): Promise<void> => {
  const deep = join("deep".padEnd(90, "p"), "deeper".padEnd(90, "r"), "deepest".padEnd(120, "t"))
  const names = ["plain", "a b", "ünï", "日本", "-dash", "--force", "new\nline", "'quote\"$(x)`", "%s\\n", "*", deep]
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), `content of ${name}`)
  }
  await mkdir(join(folder, "empty folder"))
  await writeFile(join(folder, "empty file"), "")
  await writeFile(join(folder, "tool"), "#!/bin/sh\n")
  await chmod(join(folder, "tool"), 0o755)
  await symlink("tool", join(folder, "link"))
}

export const files = (cluster: Cluster): void => {
  describe("files", () => {
    it("come back as they went, whatever their names and kinds", async () => {
      const folder = await scratch()
      await hardTree(join(folder, "tree"))
      const id = freshId("files")
      const flow = await writeFlow(
        folder,
        id,
        ['cp -a tree/. "$OUTPUT_DIR/"'],
        "containerImage: busybox\ninputFiles: { tree: { path: tree } }"
      )
      const { code, stderr } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "out")])
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(await snapshot(join(folder, "out")), await snapshot(join(folder, "tree")))
      await cluster.untilNoPods(id)
    })

    it("come whole when they are large, and go back", async () => {
      const folder = await scratch()
      const content = randomBytes(45_000_000)
      await writeFile(join(folder, "large"), content)
      const id = freshId("large")
      const flow = await writeFlow(
        folder,
        id,
        ["sha256sum <large", 'mv large "$OUTPUT_DIR/"'],
        "containerImage: busybox\ninputFiles: { large: { path: large } }"
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "out")])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout.slice(0, 64), hash("sha256", content))
      assert.isTrue(content.equals(await readFile(join(folder, "out/large"))))
      await cluster.untilNoPods(id)
    })

    it("come from stdin and from a glob", async () => {
      const folder = await scratch()
      await writeFile(join(folder, "a.csv"), "a\n")
      await writeFile(join(folder, "b.csv"), "b\n")
      const id = freshId("sources")
      const task = 'containerImage: busybox\ninputFiles: { piped: { path: "-" }, tables: { path: "*.csv" } }'
      const flow = await writeFlow(folder, id, ["cat piped tables/a.csv tables/b.csv"], task)
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow], undefined, "from stdin\n")
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "from stdin\na\nb\n")
      await cluster.untilNoPods(id)
    })

    it("are chosen by patterns across folders, and a failed command's too", async () => {
      const folder = await scratch()
      const id = freshId("patterns")
      const commands = [
        "mkdir -p a/b",
        "touch a/b/x.csv y.csv a/b/run7.log a/b/runs.log 'a/new\nline.csv' a/no.txt",
        "exit 3"
      ]
      const flow = await writeFlow(
        folder,
        id,
        commands,
        `containerImage: busybox\noutputFiles: ["**/*.csv", 'regex:.*run\\d\\.log', "*.none"]`
      )
      const { code, stderr, stdout } = await podwright(cluster, [
        "run",
        flow,
        "--output-dir",
        join(folder, "out"),
        "--output",
        "json"
      ])
      assert.strictEqual(code, 3, stderr)
      assert.deepStrictEqual(Object.keys(JSON.parse(stdout).outputFiles).sort(), [
        "a/b/run7.log",
        "a/b/x.csv",
        "a/new\nline.csv",
        "y.csv"
      ])
      await cluster.untilNoPods(id)
    })

    it("are the whole working folder with syncWorkingDirectory", async () => {
      const folder = await scratch()
      const id = freshId("sync")
      const task =
        "containerImage: busybox\ninputFiles: { in.txt: hello }\ntaskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, syncWorkingDirectory: true }"
      const flow = await writeFlow(folder, id, ["mkdir -p empty sub", "cp in.txt sub/copy.txt"], task)
      const { code, stderr } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "out")])
      assert.strictEqual(code, 0, stderr)
      const names = (await readdir(join(folder, "out"), { recursive: true })).sort()
      assert.deepStrictEqual(names, ["empty", "in.txt", "sub", "sub/copy.txt"])
      await cluster.untilNoPods(id)
    })

    it("that cannot be taken are named, and the others come back", async () => {
      const folder = await scratch()
      const id = freshId("hostile")
      const commands = [
        'echo x >"$OUTPUT_DIR/fine"; ln -s /etc/passwd "$OUTPUT_DIR/passwd"; mkfifo "$OUTPUT_DIR/pipe"',
        'echo y >real.txt; ln -s "$PWD/real.txt" latest.txt',
        'cd "$OUTPUT_DIR"; for i in $(seq 140); do mkdir d; cd d; done; echo z >deep'
      ]
      const flow = await writeFlow(folder, id, commands, 'containerImage: busybox\noutputFiles: ["*.txt"]')
      const out = join(folder, "out")
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", out, "--output", "json"])
      assert.strictEqual(code, 0, stderr)
      const result = JSON.parse(stdout)
      assert.deepStrictEqual(Object.keys(result.outputFiles).sort(), ["fine", "latest.txt", "real.txt"])
      assert.strictEqual(await readFile(join(out, "latest.txt"), "utf8"), "y\n")
      const reasons = Object.fromEntries(
        result.skipped.map(({ name, reason }: { name: string; reason: string }) => [name, reason])
      )
      assert.match(reasons["passwd"], /it is a link to \/etc\/passwd.*cp -L/)
      assert.match(reasons["pipe"], /it is a Fifo/)
      assert.match(reasons[`${"d/".repeat(140)}deep`.slice(0, 200)], /deeper than 128 folders/)
      assert.match(stderr, /output 'passwd' did not come back: it is a link/)
      await cluster.untilNoPods(id)
    })

    it("run as programs where a text begins with #!", async () => {
      const folder = await scratch()
      const id = freshId("script")
      const task = 'containerImage: busybox\ninputFiles: { hello: "#!/bin/sh\\necho hello $1\\n" }'
      const flow = await writeFlow(folder, id, ["./hello you"], task)
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "hello you\n")
      await cluster.untilNoPods(id)
    })
  })
}
