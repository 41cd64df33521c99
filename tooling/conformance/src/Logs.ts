/** The log of a task, line by line as it was written. */
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "./Cluster.ts"
import { freshId, podwright, scratch, start, writeFlow } from "./Podwright.ts"

export const logs = (cluster: Cluster): void => {
  describe("logs", () => {
    it("keeps stdout and stderr apart and every byte of a line", async () => {
      const folder = await scratch()
      const id = freshId("apart")
      const flow = await writeFlow(
        folder,
        id,
        ["printf '  two  spaces\\t\\n\\n'", "echo to stderr >&2", "printf 'käse' > /dev/stdout"],
        "containerImage: busybox"
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "  two  spaces\t\n\nkäse\n")
      assert.deepStrictEqual(
        stderr.split("\n").filter((line) => !line.startsWith("podwright: ")),
        ["to stderr", ""]
      )
    })

    it("delivers 200,000 lines printed at full speed, each once and in order", async () => {
      const folder = await scratch()
      const id = freshId("many")
      const count = 200_000
      const flow = await writeFlow(
        folder,
        id,
        [
          `awk 'BEGIN { for (i = 1; i <= ${count}; i++) { print "out", i; if (i % 10 == 0) print "err", i > "/dev/stderr" } }'`
        ],
        "containerImage: busybox"
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr.slice(-2000))
      const out = stdout.trimEnd().split("\n")
      assert.strictEqual(out.length, count)
      assert.strictEqual(
        out.findIndex((line, index) => line !== `out ${index + 1}`),
        -1
      )
      const err = stderr.split("\n").filter((line) => line.startsWith("err "))
      assert.strictEqual(err.length, count / 10)
      assert.strictEqual(
        err.findIndex((line, index) => line !== `err ${(index + 1) * 10}`),
        -1
      )
    })

    it("delivers lines while the command runs", async () => {
      const folder = await scratch()
      const id = freshId("live")
      // The command goes on only when somebody has seen its line: it would wait for ever otherwise.
      const flow = await writeFlow(folder, id, ["echo now", "sleep 600"], "containerImage: busybox")
      const invocation = start(cluster, ["run", flow])
      await invocation.printed("now\n")
      invocation.process.kill("SIGINT")
      assert.strictEqual((await invocation.ended).code, 130)
      await cluster.untilNoPods(id)
    })
  })
}
