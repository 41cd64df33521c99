/**
 * How runs leave their pods: a command that is told to stop has a grace, and no pod is created beside
 * the one that it follows.
 */
import { appendFile, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { watchPods } from "../clusters/PodHistory.ts"
import { freshId, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

const BUSYBOX = "containerImage: busybox"
/** Takes two seconds to end. */
const SLOW_TO_END = "trap 'sleep 2; exit 3' TERM; echo begun; while :; do sleep 0.1; done"
/** Ends as a run of tests does that writes its report. */
const LAST_WORDS =
  "trap 'echo got TERM; echo partial > $OUTPUT_DIR/partial.txt; exit 3' TERM; echo begun; while :; do sleep 0.1; done"
/** Ends when it is killed. */
const DEAF = "trap '' TERM; echo begun; while :; do sleep 0.1; done"

export const endings = (cluster: Cluster): void => {
  const podsOf = async (flowId: string) =>
    (await cluster.pods(`podwright.dev/flow-id=${flowId}`)).map(({ metadata }) => metadata.name)

  describe("endings", () => {
    it("an attempt that ends slowly has ended when the next one begins", async () => {
      const id = freshId("slow")
      const task = `${BUSYBOX}\ntimeout: PT2S\nretry: { type: constant, interval: PT0.1S, maxAttempts: 2 }`
      const flow = await writeFlow(await scratch(), id, [SLOW_TO_END], task)
      const watch = await watchPods(cluster, id)
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 124, stderr)
      assert.deepStrictEqual(await podsOf(id), [])
      const { graces, most, overlapping, pods, unended } = await watch.stop()
      assert.deepInclude({ most, overlapping, pods, unended }, { most: 1, overlapping: [], pods: 2, unended: [] })
      assert.deepStrictEqual([...graces.values()], [10, 10])
    })

    it("a flow has one pod at a time, and none when the command has ended", async () => {
      const id = freshId("single")
      const flow = await writeFlow(await scratch(), id, ["true"], BUSYBOX)
      const more = ["first", "second"].flatMap((task) => [
        `  - id: ${task}`,
        "    type: io.kestra.plugin.scripts.shell.Commands",
        `    ${BUSYBOX}`,
        "    commands: [echo here]"
      ])
      await appendFile(flow, `${more.join("\n")}\n`)
      const watch = await watchPods(cluster, id)
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(await podsOf(id), [])
      const { most, pods, unended } = await watch.stop()
      assert.deepStrictEqual({ most, pods, unended }, { most: 1, pods: 3, unended: [] })
    })

    const graces: ReadonlyArray<readonly [string, string, ReadonlyArray<string>, number]> = [
      ["is the file's", "podSpec: { terminationGracePeriodSeconds: 3 }", [], 3],
      [
        "is what --grace says, before the file's",
        "podSpec: { terminationGracePeriodSeconds: 600 }",
        ["--grace", "2s"],
        2
      ]
    ]
    for (const [name, runner, flags, seconds] of graces)
      it(`the grace of a command that does not end ${name}`, async () => {
        const id = freshId("grace")
        const task = `${BUSYBOX}\ntimeout: PT2S\ntaskRunner: { type: podwright, ${runner} }`
        const flow = await writeFlow(await scratch(), id, [DEAF], task)
        const watch = await watchPods(cluster, id)
        const { code, stderr } = await podwright(cluster, ["run", flow, ...flags])
        assert.strictEqual(code, 124, stderr)
        assert.include(stderr, `the command has up to ${seconds} s to end`)
        assert.deepStrictEqual(await podsOf(id), [])
        const history = await watch.stop()
        assert.deepStrictEqual([...history.graces.values()], [seconds])
        assert.deepStrictEqual(history.unended, [])
      })

    const stops: ReadonlyArray<readonly [string, string, number]> = [
      ["its time is up", `${BUSYBOX}\ntimeout: PT2S`, 124],
      ["it is cancelled", BUSYBOX, 130]
    ]
    for (const [why, task, exitCode] of stops)
      it(`what a command prints and writes on TERM comes back when ${why}`, async () => {
        const id = freshId("words")
        const folder = await scratch()
        const out = join(folder, "out")
        const flow = await writeFlow(folder, id, [LAST_WORDS], task)
        const invocation = start(cluster, ["run", flow, "--output-dir", out])
        await invocation.printed("begun")
        if (exitCode === 130) invocation.process.kill("SIGINT")
        assert.strictEqual((await invocation.ended).code, exitCode, invocation.stderr())
        assert.strictEqual(invocation.stdout().toString("utf8"), "begun\ngot TERM\n")
        assert.strictEqual(await readFile(join(out, "partial.txt"), "utf8"), "partial\n")
        assert.include(invocation.stderr(), `podwright: collected (1 file in ${out})`)
        assert.deepStrictEqual(await podsOf(id), [])
      })

    it("a second Ctrl-C kills a command that does not end", async () => {
      const id = freshId("killed")
      const flow = await writeFlow(await scratch(), id, [DEAF], BUSYBOX)
      const invocation = start(cluster, ["run", flow, "--grace", "PT1H"])
      await invocation.printed("begun")
      invocation.process.kill("SIGINT")
      await invocation.printed("podwright: deleting (the command has up to 3600 s to end)")
      invocation.process.kill("SIGINT")
      assert.strictEqual((await invocation.ended).code, 130, invocation.stderr())
      await cluster.untilNoPods(id)
    })

    it("a pod is said to be removed when it is gone", async () => {
      const id = freshId("removed")
      const flow = await writeFlow(await scratch(), id, [SLOW_TO_END], `${BUSYBOX}\ntimeout: PT2S`)
      const invocation = start(cluster, ["run", flow])
      await invocation.printed("podwright: removed")
      assert.deepStrictEqual(await podsOf(id), [])
      assert.strictEqual((await invocation.ended).code, 124, invocation.stderr())
    })
  })
}
