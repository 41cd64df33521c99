/**
 * Outputs whose names or kinds are hard to bring back: bytes, links, what may not be read, and what
 * two folders have under one name.
 */
import { readFileSync } from "node:fs"
import { lstat, readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

interface Collected {
  readonly code: number | null
  readonly stderr: string
  readonly out: string
  readonly outputFiles: Readonly<Record<string, { readonly path: string; readonly bytes: number }>>
  readonly reasons: Readonly<Record<string, string>>
}

/** Runs commands of busybox and tells what came back; `task` has further properties of the task. */
const collect = async (
  cluster: Cluster,
  id: string,
  commands: ReadonlyArray<string>,
  task = ""
): Promise<Collected> => {
  const folder = await scratch()
  const flow = await writeFlow(folder, id, commands, `containerImage: busybox\n${task}`)
  const out = join(folder, "out")
  const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", out, "--output", "json"])
  const { outputFiles = {}, skipped = [] } = JSON.parse(stdout)
  const reasons = Object.fromEntries(
    skipped.map(({ name, reason }: { name: string; reason: string }) => [name, reason])
  )
  await cluster.untilNoPods(id)
  return { code, stderr, out, outputFiles, reasons }
}

export const hardOutputs = (cluster: Cluster): void => {
  describe("outputs", () => {
    it("whose names are not UTF-8 come back under their own bytes", async () => {
      const commands = [
        `printf one >"$OUTPUT_DIR/$(printf 'caf\\351.txt')"; printf two >"$OUTPUT_DIR/$(printf 'caf\\350.txt')"`,
        `printf three >"$OUTPUT_DIR/café"; printf four >"$OUTPUT_DIR/"'caf\\xe9.txt'`,
        `mkdir "$(printf 'd\\377')"; printf five >"$(printf 'd\\377/x')"`
      ]
      const { code, out, outputFiles, reasons, stderr } = await collect(
        cluster,
        freshId("bytes"),
        commands,
        "outputFiles: ['d\\xff/x']"
      )
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(reasons, {})
      assert.deepStrictEqual(
        Object.keys(outputFiles).sort(),
        ["café", "caf\\x5cxe9.txt", "caf\\xe8.txt", "caf\\xe9.txt", "d\\xff/x"].sort()
      )
      const names = await readdir(out, { encoding: "latin1" })
      assert.deepStrictEqual(
        names.sort(),
        ["caf\\xe9.txt", "caf\xc3\xa9", "caf\xe8.txt", "caf\xe9.txt", "d\xff"].sort()
      )
      const content = (name: string) => readFileSync(Buffer.from(`${out}/${name}`, "latin1"), "utf8")
      assert.deepStrictEqual(["caf\xe9.txt", "caf\xe8.txt", "caf\xc3\xa9", "caf\\xe9.txt", "d\xff/x"].map(content), [
        "one",
        "two",
        "three",
        "four",
        "five"
      ])
      assert.include(stderr, "caf\\xe9.txt")
    })

    it("that are named and links come as what they lead to, and no link costs the others", async () => {
      const commands = [
        "mkdir real; echo 1 >real/a; echo 2 >b; ln -s real result; ln -s real/a latest; ln -s /etc/passwd users",
        'ln -s "$PWD/b" "$OUTPUT_DIR/absolute"; rm -f "$OUTPUT_DIR/none"'
      ]
      const { code, out, stderr } = await collect(
        cluster,
        freshId("links"),
        commands,
        "outputFiles: [b, result, latest, users, none]"
      )
      assert.strictEqual(code, 125)
      assert.include(stderr, "did not write 'none'")
      assert.match(stderr, /'users' did not come back: it is a link to \/etc\/passwd, outside the outputs/)
      assert.notInclude(stderr, "'latest'")
      for (const [name, content] of [
        ["b", "2\n"],
        ["latest", "1\n"],
        ["result/a", "1\n"],
        ["absolute", "2\n"]
      ] as const)
        assert.strictEqual(await readFile(join(out, name), "utf8"), content)
      assert.isTrue((await lstat(join(out, "latest"))).isFile(), "latest is a file")
    })

    it("of one name in both folders both come back", async () => {
      const { code, out, outputFiles, stderr } = await collect(
        cluster,
        freshId("both"),
        ["echo one >$OUTPUT_DIR/x.txt; echo two >x.txt"],
        "outputFiles: [x.txt]"
      )
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(Object.keys(outputFiles).sort(), ["work/x.txt", "x.txt"])
      assert.strictEqual(await readFile(join(out, "x.txt"), "utf8"), "one\n")
      assert.strictEqual(await readFile(join(out, "work/x.txt"), "utf8"), "two\n")
      assert.include(stderr, "output 'x.txt' of the working folder came back as 'work/x.txt'")
    })

    it("that their own user may not read come back", async () => {
      const task =
        "taskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, podSpec: { securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 } } }"
      const commands = ["umask 077; cd $OUTPUT_DIR; mkdir p; echo 1 >p/g; echo 2 >h; chmod 0 p/g p; chmod 0200 h"]
      const { code, out, stderr } = await collect(cluster, freshId("closed"), commands, task)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(await readFile(join(out, "p/g"), "utf8"), "1\n")
      assert.strictEqual(await readFile(join(out, "h"), "utf8"), "2\n")
    })

    it("too deep or of another kind are named with the property that limits them", async () => {
      const commands = [
        'cd "$OUTPUT_DIR"; mkfifo pipe; echo x >fine; mkdir -p a/b/c; echo y >a/b/c/deep; ln -s /tmp "$(printf "l\\033[2J\\nx")"',
        "(nc -lU socket & n=0; until [ -S socket ] || [ $n = 50 ]; do n=$((n+1)); sleep 0.1; done; kill $! || :) 2>/dev/null; [ -S socket ] || echo none >nosocket"
      ]
      const task = "taskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, transfer: { maxDepth: 2 } }"
      const { code, outputFiles, reasons, stderr } = await collect(cluster, freshId("kinds"), commands, task)
      assert.strictEqual(code, 0, stderr)
      assert.include(Object.keys(outputFiles), "fine")
      assert.match(reasons["pipe"] ?? "", /it is a Fifo/)
      assert.match(reasons["a/b/c/deep"] ?? "", /deeper than 2 folders \(transfer\.maxDepth\)/)
      assert.include(stderr, "'l\\x1b[2J\\nx' did not come back: it is a link to /tmp")
      if (!("nosocket" in outputFiles)) assert.match(reasons["socket"] ?? "", /it is a socket/)
    })

    it("in a folder that was replaced by a link to an empty one are not passed over in silence", async () => {
      const { code, out, reasons, stderr } = await collect(cluster, freshId("replaced"), [
        'rmdir "$OUTPUT_DIR"; ln -s /tmp "$OUTPUT_DIR"; echo x >/tmp/x'
      ])
      assert.strictEqual(code, 0, stderr)
      assert.match(reasons["output"] ?? "", /it is a link to \/tmp and no folder any more/)
      assert.isUndefined(await stat(out).catch(() => undefined))
    })
  })
}
