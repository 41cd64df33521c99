/** What `podwright doctor` says of a task's own pod, before there is one. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch } from "../clusters/Podwright.ts"

export const doctor = (cluster: Cluster): void => {
  describe("doctor", () => {
    const examine = async (task: object) => {
      const file = join(await scratch(), `${freshId("examined")}.yaml`)
      await writeFile(file, JSON.stringify(task))
      const { code, stderr, stdout } = await podwright(cluster, ["doctor", file, "--format", "json"])
      return { code, stderr, found: JSON.parse(stdout) }
    }

    it("accepts a task whose pod the namespace accepts, and makes none", async () => {
      const { code, found, stderr } = await examine({ image: "busybox", commands: ["true"] })
      assert.deepStrictEqual([code, found.ok, found.problems], [0, true, []], stderr)
      const [{ accepted, refusals, task }] = found.pods
      assert.deepStrictEqual([accepted, refusals], [true, []])
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/task-id=${task}`), [])
    })

    it("names the property that a server refuses", async () => {
      const runner = { podSpec: { tolerationz: [] }, fileSideCarSpec: { readinessProb: {} } }
      const { code, found } = await examine({ image: "busybox", commands: ["true"], runner })
      assert.deepStrictEqual([code, found.ok], [125, false])
      const [{ accepted, refusals }] = found.pods
      assert.isFalse(accepted)
      const properties = refusals.flatMap((one: { readonly properties: ReadonlyArray<string> }) => one.properties)
      assert.sameMembers(properties, ["runner.podSpec.tolerationz", "runner.fileSideCarSpec.readinessProb"])
    })
  })
}
