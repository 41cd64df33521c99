/**
 * The library as its README shows it: the examples run as programs of their own, and its promises
 * resolve and reject as documented.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { type PlainTask, RunError, type RunEvent, runTask, taskEvents } from "@podwright/runner/plain"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, scratch } from "../clusters/Podwright.ts"

const RUNNER = join(import.meta.dirname, "../../../../packages/runner")

/** Each example, and what it prints on any cluster. */
const EXAMPLES: ReadonlyArray<readonly [file: string, stdout: RegExp]> = [
  ["plain.ts", /^Hello world\nHello moon\nSUCCESS 0 \[ 'count.txt' \]\n$/],
  ["events.ts", /^submitted\ncreated\nscheduled\nstarted\ninputs-delivered\n(?:.*\n)*cancelled\n$/],
  ["effect.ts", /^Hello World\nSUCCESS\n$/]
]

export const library = (cluster: Cluster): void => {
  describe("the library", () => {
    const kubeconfig = cluster.limitedKubeconfig
    const task = (id: string, commands: PlainTask["commands"]): PlainTask => ({
      id,
      namespace: "company.team",
      image: "busybox",
      ...(commands === undefined ? {} : { commands })
    })

    for (const [file, stdout] of EXAMPLES)
      it(`example ${file} is the README's, and does what it says`, async () => {
        const path = join(RUNNER, "examples", file)
        assert.include(readFileSync(join(RUNNER, "README.md"), "utf8"), readFileSync(path, "utf8"))
        const child = spawn(process.execPath, ["--conditions=@podwright/source", path], {
          cwd: await scratch(),
          env: { ...process.env, KUBECONFIG: kubeconfig },
          stdio: ["ignore", "pipe", "pipe"]
        })
        const closed = once(child, "close")
        const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)])
        assert.deepStrictEqual([(await closed)[0], said], [0, ""])
        assert.match(printed, stdout)
      })

    it("resolves with the result of a command that fails", async () => {
      const id = freshId("library")
      const result = await runTask(task(id, ["exit 3"]), { kubeconfig })
      assert.strictEqual(result.state, "FAILED")
      assert.strictEqual(result.exitCode, 3)
      assert.strictEqual(result.diagnosis?.cause._tag, "CommandFailed")
      await cluster.untilNoPods(id)
    })

    it("resolves with numbers that JSON.stringify writes as the command did, and events that have them", async () => {
      const id = freshId("library")
      const outputs = '{"id":9007199254740993,"f":2.0,"deep":[{"f":[2.0]}]}'
      const metric = '{"type":"counter","name":"n","value":9007199254740993,"tags":{}}'
      const values = `::{"outputs":${outputs},"metrics":[${metric}]}::`
      const events: Array<string> = []
      const onEvent = (event: RunEvent) => {
        events.push(JSON.stringify(event))
      }
      const result = await runTask(
        { ...task(id, [`echo '${values}'`, "echo $N"]), env: { N: 9007199254740993n } },
        { kubeconfig, onEvent }
      )
      const text = `"outputs":${outputs},"metrics":[${metric}]`
      assert.include(JSON.stringify(result), text)
      assert.deepStrictEqual(structuredClone(result).outputs["id"], 9007199254740993n)
      for (const tag of ["Values", "Finished"])
        assert.include(events.find((event) => event.startsWith(`{"_tag":"${tag}"`)) ?? "", text)
      assert.include(events.find((event) => event.startsWith('{"_tag":"Log"')) ?? "", '["9007199254740993"]')
      await cluster.untilNoPods(id)
    })

    it("rejects with the signal's reason when it is aborted, and the pod is gone", async () => {
      const id = freshId("library")
      const abort = new AbortController()
      const reason = new Error("enough")
      const run = runTask(task(id, ["echo begun", "sleep 600"]), {
        kubeconfig,
        signal: abort.signal,
        onEvent: (event) => {
          if (event._tag === "Log") abort.abort(reason)
        }
      })
      assert.strictEqual(await run.catch((error: unknown) => error), reason)
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("makes no pod for a signal that is aborted already", async () => {
      const id = freshId("library")
      const run = runTask(task(id, ["true"]), { kubeconfig, signal: AbortSignal.abort() })
      assert.propertyVal(await run.catch((error: unknown) => error), "name", "AbortError")
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("rejects with what the listener threw, and the pod is gone", async () => {
      const id = freshId("library")
      const thrown = new Error("the listener is broken")
      const run = runTask(task(id, ["echo begun", "sleep 600"]), {
        kubeconfig,
        onEvent: async (event) => {
          if (event._tag === "Log") throw thrown
        }
      })
      assert.strictEqual(await run.catch((error: unknown) => error), thrown)
      assert.deepStrictEqual(await cluster.pods(`podwright.dev/flow-id=${id}`), [])
    })

    it("rejects with a RunError that names every wrong property", async () => {
      const wrong = { image: "busybox", comands: ["true"], runner: { pullPolicy: "SOMETIMES" } }
      const error = await runTask(JSON.parse(JSON.stringify(wrong)), { kubeconfig }).catch((one: unknown) => one)
      assert.instanceOf(error, RunError)
      assert.match(String(error), /comands: unknown property 'comands'; did you mean 'commands'\?/)
    })

    it("throws into the loop over events when it is aborted", async () => {
      const id = freshId("library")
      const abort = new AbortController()
      const phases: Array<string> = []
      const loop = async () => {
        for await (const event of taskEvents(task(id, ["echo begun", "sleep 600"]), {
          kubeconfig,
          signal: abort.signal
        })) {
          if (event._tag === "Phase") phases.push(event.phase)
          if (event._tag === "Log") abort.abort()
        }
      }
      assert.propertyVal(await loop().catch((error: unknown) => error), "name", "AbortError")
      assert.include(phases, "started")
      await cluster.untilNoPods(id)
    })
  })
}
