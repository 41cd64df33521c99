/**
 * Tasks that fail and are retried: each attempt has a pod of its own, and the last attempt decides
 * the run's outcome.
 */
import { readdir, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

interface Told {
  readonly _tag: string
  readonly [key: string]: unknown
}

const eventsOf = (stdout: string): ReadonlyArray<Told> =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

const only = (events: ReadonlyArray<Told>, tag: string) => events.filter(({ _tag }) => _tag === tag)

export const retries = (cluster: Cluster): void => {
  describe("retries", () => {
    it("run a failed task again in another pod, and leave no pod", async () => {
      const folder = await scratch()
      const id = freshId("retried")
      // The pod's name is its host name, and another attempt has another; so the second one can
      // tell that it is.
      const flow = await writeFlow(
        folder,
        id,
        ["echo in $(hostname)", "echo kept > $OUTPUT_DIR/$(hostname).txt", "exit 3"],
        "containerImage: busybox\nretry: { type: constant, interval: PT0.2S, maxAttempts: 3 }"
      )
      const out = join(folder, "out")
      const args = ["run", flow, "--output", "ndjson", "--output-dir", out]
      const { code, stderr, stdout } = await podwright(cluster, args)
      assert.strictEqual(code, 3, stderr)
      const events = eventsOf(stdout)
      const lines = only(events, "Log").flatMap((event) => event["lines"])
      assert.strictEqual(new Set(lines).size, 3)
      assert.deepStrictEqual(
        only(events, "Retrying").map(({ attempt, budget, delayMs }) => [attempt, budget, delayMs]),
        [
          [2, "retry", 200],
          [3, "retry", 200]
        ]
      )
      assert.strictEqual(only(events, "Finished").length, 1)
      const { attempts, pod } = Object(events.at(-1)?.["result"])
      assert.deepStrictEqual(
        attempts.map(({ state }: Told) => state),
        ["FAILED", "FAILED", "FAILED"]
      )
      assert.deepStrictEqual(
        lines,
        attempts.map((attempt: Told) => `in ${attempt["pod"]}`)
      )
      // Of the last attempt and no other.
      assert.deepStrictEqual(await readdir(out), [`${pod}.txt`])
      await cluster.untilNoPods(id)
    })

    it("end with the first success, a warning where that is asked for; each attempt may be an execution", async () => {
      const folder = await scratch()
      const id = freshId("second")
      const state = join(folder, "state")
      await writeFile(state, "no")
      const retry = "type: constant, interval: PT1S, maxAttempts: 20, warningOnRetry: true"
      const flow = await writeFlow(
        folder,
        id,
        ["echo {{ execution.id }} {{ taskrun.id }}", 'test "$(cat state)" = ok'],
        `containerImage: busybox\ninputFiles: { state: 'file://${state}' }\nretry: { ${retry}, behavior: CREATE_NEW_EXECUTION }`
      )
      const invocation = start(cluster, ["run", flow, "--output", "ndjson"])
      // Inputs are read anew for each attempt, and only when one has failed does this one become
      // right.
      await invocation.printed('"_tag":"Retrying"')
      // At once and of the same length: an attempt may be reading it.
      await writeFile(`${state}.new`, "ok")
      await rename(`${state}.new`, state)
      assert.strictEqual((await invocation.ended).code, 0, invocation.stderr())
      const events = eventsOf(invocation.stdout().toString("utf8"))
      const { attempts, state: end } = Object(events.at(-1)?.["result"])
      assert.strictEqual(end, "WARNING")
      assert.isAbove(attempts.length, 1)
      const ids = attempts.map(({ executionId, taskRunId }: Told) => `${executionId} ${taskRunId}`)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.deepStrictEqual(
        only(events, "Log").flatMap((event) => event["lines"]),
        ids
      )
      await cluster.untilNoPods(id)
    })

    it("end at once when the run is cancelled between two attempts", async () => {
      const id = freshId("cancelled")
      const flow = await writeFlow(
        await scratch(),
        id,
        ["exit 3"],
        "containerImage: busybox\nretry: { type: constant, interval: PT10M }"
      )
      const invocation = start(cluster, ["run", flow])
      await invocation.printed("retrying in 600.00 s (attempt 2)")
      invocation.process.kill("SIGINT")
      assert.strictEqual((await invocation.ended).code, 130)
      await cluster.untilNoPods(id)
    })

    it("never run a task again whose input is wrong", async () => {
      const id = freshId("wrong")
      const flow = await writeFlow(
        await scratch(),
        id,
        ["true"],
        "containerImage: busybox\ninputFiles: { a: 'file:///nowhere/at/all' }\nretry: { type: constant, interval: PT10M }"
      )
      const { code, stderr } = await podwright(cluster, ["run", flow])
      assert.strictEqual(code, 2, stderr)
      assert.notInclude(stderr, "attempt")
    })
  })
}
