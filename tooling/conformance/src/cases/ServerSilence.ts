/** An API server that does not answer for a while: it is said once, and once when it is over. */
import { assert, describe, it } from "@effect/vitest"
import type { FaultPlan } from "@podwright/fault-proxy"
import type { Cluster } from "../clusters/Cluster.ts"
import { behindFaults } from "../clusters/Faults.ts"
import { freshId, scratch, start, writeFlow } from "../clusters/Podwright.ts"

/** How often the words occur in a text. */
const times = (text: string, words: string): number => text.split(words).length - 1

const SILENT = "does not answer"
const AGAIN = "answers again, after"

export const serverSilence = (cluster: Cluster): void => {
  // Faults of their own would speak for the server.
  if (cluster.underFaults) return
  describe("an API server that does not answer", () => {
    it("is told of before there is a pod, as an event", async () => {
      const id = freshId("unanswered")
      const flow = await writeFlow(await scratch(), id, ["echo done"], "containerImage: busybox")
      let away = true
      const plan: FaultPlan = {
        get script() {
          return away ? [{ fault: { _tag: "LoseRequest" } as const }] : []
        }
      }
      const faulty = await behindFaults(cluster, 1, plan)
      try {
        const run = start(faulty.cluster, ["run", flow, "--output", "ndjson"])
        await run.printed(SILENT)
        away = false
        const { code } = await run.ended
        const printed = run.stdout().toString("utf8")
        assert.strictEqual(code, 0, printed + run.stderr())
        const events = printed.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
        const causes = events.flatMap((event) => (event._tag === "Waiting" ? [event.diagnosis.cause._tag] : []))
        assert.deepStrictEqual(causes, ["ServerSilent"])
        const waiting = events.find(({ _tag }) => _tag === "Waiting")
        assert.match(waiting.diagnosis.summary, /still trying for up to 75 s$/)
        assert.strictEqual(times(printed, AGAIN), 1)
        await cluster.untilNoPods(id)
      } finally {
        await faulty.stop()
      }
    })

    it("is told of while the command runs, and the run goes on", async () => {
      const id = freshId("unanswered-later")
      const commands = ["echo begun", "while [ ! -e {{ workingDir }}/go ]; do sleep 0.1; done; echo done"]
      const flow = await writeFlow(await scratch(), id, commands, "containerImage: busybox")
      let away = false
      const plan: FaultPlan = {
        get script() {
          // An open watch would be silent and not lost: it ends, and cannot be opened again.
          const cut = { verb: "watch", fault: { _tag: "Cut", how: "reset", afterMillis: 500 } } as const
          return away ? [{ fault: { _tag: "LoseRequest" } as const }] : [cut]
        }
      }
      const faulty = await behindFaults(cluster, 1, plan)
      try {
        const run = start(faulty.cluster, ["run", flow])
        await run.printed("begun")
        away = true
        await run.printed(SILENT)
        away = false
        await run.printed(AGAIN)
        const [pod] = await cluster.pods(`podwright.dev/flow-id=${id}`)
        await cluster.command(pod?.metadata.name ?? "", ["touch", "/podwright/work/go"])
        const { code } = await run.ended
        assert.strictEqual(code, 0, run.stderr())
        assert.include(run.stdout().toString("utf8"), "done\n")
        assert.match(
          run.stderr(),
          /waiting: the API server at \S+ does not answer \(.*\); still trying within the limits of the run\n/
        )
        assert.strictEqual(times(run.stderr(), SILENT), 1)
        await cluster.untilNoPods(id)
      } finally {
        await faulty.stop()
      }
    })
  })
}
