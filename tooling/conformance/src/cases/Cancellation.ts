/**
 * Ctrl-C at any moment of a run, and other ways to cancel it: exit code 130, and no pod remains.
 */
import { truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, scratch, start, writeFlow } from "../clusters/Podwright.ts"

export const cancellation = (cluster: Cluster): void => {
  describe("Ctrl-C", () => {
    const moments: ReadonlyArray<readonly [string, string]> = [
      ["as soon as the pod is created", "podwright: created"],
      ["when it is scheduled", "podwright: scheduled"],
      ["while inputs are sent", "podwright: started"],
      ["while the command runs", "running now"]
    ]
    for (const [moment, sign] of moments) {
      it(`${moment} leaves no pod`, async () => {
        const folder = await scratch()
        const id = freshId("cancel")
        // Sparse, so it costs nothing to make, and large enough to still be on its way at
        // `started`.
        await writeFile(join(folder, "large"), "")
        await truncate(join(folder, "large"), sign.includes("started") ? 400 * 1024 * 1024 : 1)
        const flow = await writeFlow(
          folder,
          id,
          ["echo running now", "sleep 600"],
          `containerImage: busybox\ninputFiles: { large: "file://${join(folder, "large")}" }`
        )
        const invocation = start(cluster, ["run", flow])
        await invocation.printed(sign)
        invocation.process.kill("SIGINT")
        assert.strictEqual((await invocation.ended).code, 130, invocation.stderr())
        await cluster.untilNoPods(id)
      })
    }
  })

  describe("a run that nobody waits for any more", () => {
    const begin = async (id: string) => {
      const flow = await writeFlow(
        await scratch(),
        id,
        ["while :; do echo line; sleep 0.1; done"],
        "containerImage: busybox"
      )
      const invocation = start(cluster, ["run", flow])
      await invocation.printed("line")
      return invocation
    }

    it("ends when its terminal is closed, and leaves no pod", async () => {
      const id = freshId("hangup")
      const invocation = await begin(id)
      invocation.process.kill("SIGHUP")
      assert.strictEqual((await invocation.ended).code, 130, invocation.stderr())
      await cluster.untilNoPods(id)
    })

    it("ends when the reader of its output goes away (| head -1), and leaves no pod", async () => {
      const id = freshId("head")
      const invocation = await begin(id)
      invocation.process.stdout?.destroy()
      assert.strictEqual((await invocation.ended).code, 130, invocation.stderr())
      assert.notMatch(invocation.stderr(), /EPIPE|Error:/)
      await cluster.untilNoPods(id)
    })
  })
}
