/**
 * Drivers that die at any moment of a run, and the drivers that adopt their pods: the pod stays the
 * same, the outcome is right, files are whole, and every log line is reported once. Also drivers
 * that detach, and two drivers at once.
 */
import { createHash, randomBytes } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { FaultRule } from "@podwright/fault-proxy"
import type { Cluster } from "../clusters/Cluster.ts"
import { behindFaults } from "../clusters/Faults.ts"
import { go, until, untilTold } from "../clusters/HeldTask.ts"
import { freshId, type Invocation, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

interface Told {
  readonly _tag: string
  readonly phase?: string
  readonly lines?: ReadonlyArray<string>
  readonly stream?: "stdout" | "stderr"
  readonly cursor?: object
  readonly message?: string
  readonly result?: {
    readonly outputs: object
    readonly outputFiles: Readonly<Record<string, { readonly path: string; readonly sha256: string }>>
    readonly state: string
    readonly attempts: ReadonlyArray<{ readonly attempt: number }>
  }
}

/** The events that a driver has told; of one that was killed the last may be cut. */
const eventsOf = (stdout: string): ReadonlyArray<Told> => {
  const whole = stdout.slice(0, stdout.lastIndexOf("\n") + 1)
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told)
}

const lastCursor = (events: ReadonlyArray<Told>): ReadonlyArray<string> => {
  const cursor = events.findLast(({ cursor }) => cursor !== undefined)?.cursor
  return cursor === undefined ? [] : ["--log-cursor", JSON.stringify(cursor)]
}

const linesOf = (events: ReadonlyArray<Told>, stream: "stdout" | "stderr"): ReadonlyArray<string> =>
  events.filter((event) => event._tag === "Log" && event.stream === stream).flatMap(({ lines = [] }) => lines)

const kill = async (driver: Invocation, signal: NodeJS.Signals = "SIGKILL") => {
  driver.process.kill(signal)
  return driver.ended
}

const MEBIBYTE = 1024 * 1024
/** Lines on stdout; every fifth is followed by one on stderr. */
const COUNT = 30

interface Death {
  readonly phase: string
  /** What befalls the first driver, so that it comes no further. */
  readonly script?: ReadonlyArray<FaultRule>
  /**
   * What it has told when it is stopped; where a script is given, the script's fault has happened
   * besides.
   */
  readonly sign: string
  /** It is killed when main has ended in the pod. */
  readonly untilMainEnds?: true
}

const exec = { verb: "exec" } as const
const stall = (direction: "up" | "down", afterBytes: number): FaultRule => ({
  ...exec,
  fault: { _tag: "Stall", direction, afterBytes }
})

const deaths: ReadonlyArray<Death> = [
  { phase: "after create", sign: '"phase":"created"' },
  { phase: "waiting at the gate", sign: '"phase":"created"', script: [stall("up", 1)] },
  { phase: "half-way in an upload", sign: '"phase":"started"', script: [stall("up", 4 * MEBIBYTE)] },
  { phase: "running", sign: "line 5" },
  { phase: "ended, not collected", sign: "line 5", untilMainEnds: true },
  { phase: "half-way in a download", sign: '"phase":"finished"', script: [stall("down", 4 * MEBIBYTE)] },
  {
    phase: "before delete",
    sign: '"phase":"collected"',
    script: [{ method: "DELETE", fault: { _tag: "LoseRequest" } }]
  }
]

const podOf = async (cluster: Cluster, id: string) => {
  const found = await cluster.pods(`podwright.dev/flow-id=${id}`)
  assert.lengthOf(found, 1)
  return found[0]
}

const quick = ["i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo line $i; sleep 0.1; done"]

export const adoption = (cluster: Cluster): void => {
  describe("a driver that is killed", () => {
    for (const { phase, script, sign, untilMainEnds } of deaths) {
      it(`${phase}: the next one takes the pod over`, async () => {
        const folder = await scratch()
        const id = freshId("adopt")
        const large = randomBytes(12 * MEBIBYTE)
        await writeFile(join(folder, "large"), large)
        const flow = await writeFlow(
          folder,
          id,
          [
            `echo '::{"outputs":{"early":1}}::'`,
            `i=0; while [ $i -lt ${COUNT} ]; do i=$((i+1)); echo line $i; [ $((i % 5)) = 0 ] && echo aside $i >&2; sleep 0.05; done`,
            "cat large > copy; echo whole > {{ outputDir }}/small"
          ],
          `containerImage: busybox\ninputFiles: { large: "file://${join(folder, "large")}" }\noutputFiles: [copy]`
        )
        const args = ["run", flow, "--execution-id", id, "--output-dir", join(folder, "out"), "--output", "ndjson"]
        const faulty = script === undefined ? undefined : await behindFaults(cluster, 1, { script })
        try {
          const first = start(faulty?.cluster ?? cluster, args)
          await first.printed(sign)
          if (faulty !== undefined) await until(() => faulty.proxy.fired().length > 0, "a fault")
          // It comes no further, however long the questions before its death take.
          first.process.kill("SIGSTOP")
          if (untilMainEnds === true) {
            await until(async () => {
              const statuses = (await podOf(cluster, id))?.status?.containerStatuses ?? []
              return statuses.some(({ name, state }) => name === "main" && state?.terminated !== undefined)
            }, "main's end")
          }
          const before = await podOf(cluster, id)
          await kill(first)
          const told = eventsOf(first.stdout().toString("utf8"))

          const second = await podwright(cluster, [...args, ...lastCursor(told)])
          assert.strictEqual(second.code, 0, second.stdout + second.stderr)
          const later = eventsOf(second.stdout)
          const phases = later.flatMap((event) => (event._tag === "Phase" ? [event.phase] : []))
          assert.include(phases, "adopted", second.stdout)
          assert.notInclude(phases, "created")
          assert.notStrictEqual(before?.metadata.uid, undefined)
          const all = [...told, ...later]
          assert.deepStrictEqual(
            linesOf(all, "stdout"),
            Array.from({ length: COUNT }, (_, index) => `line ${index + 1}`)
          )
          assert.deepStrictEqual(
            linesOf(all, "stderr"),
            Array.from({ length: COUNT / 5 }, (_, index) => `aside ${(index + 1) * 5}`)
          )
          const result = later.findLast((event) => event._tag === "Ended")?.result
          assert.deepStrictEqual(result?.outputs, { early: 1 })
          const copy = result?.outputFiles["copy"]
          assert.strictEqual(copy?.sha256, createHash("sha256").update(large).digest("hex"))
          assert.isTrue(large.equals(await readFile(copy?.path ?? "")))
          assert.strictEqual(await readFile(result?.outputFiles["small"]?.path ?? "", "utf8"), "whole\n")
          await cluster.untilNoPods(id)
        } finally {
          await faulty?.stop()
        }
      })
    }

    it("in a later attempt of its task: the next one goes on with that attempt", async () => {
      const folder = await scratch()
      const id = freshId("attempt")
      const flow = await writeFlow(
        folder,
        id,
        [`echo begun; ${untilTold(id, "exit 3")}`],
        "containerImage: busybox\nretry: { type: constant, interval: PT1S, maxAttempts: 2 }"
      )
      const args = ["run", flow, "--execution-id", id, "--output", "ndjson"]
      const first = start(cluster, args)
      await first.printed('"begun"')
      await go(cluster, id)
      await until(async () => {
        const pods = await cluster.pods(`podwright.dev/flow-id=${id},podwright.dev/taskrun-attempt=1`)
        return pods.length === 1
      }, "the second attempt's pod")
      await kill(first)
      const second = start(cluster, args)
      await second.printed('"begun"')
      await go(cluster, id)
      assert.strictEqual((await second.ended).code, 3, second.stdout() + second.stderr())
      const phases = eventsOf(second.stdout().toString("utf8")).flatMap((event) =>
        event._tag === "Phase" ? [event.phase] : []
      )
      assert.include(phases, "adopted")
      assert.notInclude(phases, "created")
      await cluster.untilNoPods(id)
    })
  })

  describe("a driver that is told to end (TERM)", () => {
    const leave = async (task = "", command = (id: string) => `echo begun; ${untilTold(id, "echo end")}`) => {
      const folder = await scratch()
      const id = freshId("leave")
      const flow = await writeFlow(folder, id, [command(id)], `containerImage: busybox\n${task}`)
      const args = ["run", flow, "--execution-id", id]
      const driver = start(cluster, args)
      await driver.printed("begun")
      const { code } = await kill(driver, "SIGTERM")
      return { folder, id, args, code, stderr: driver.stderr() }
    }

    it("leaves its pod to go on, and the next one takes it over at once", async () => {
      const { args, code, id, stderr } = await leave()
      assert.strictEqual(code, 75, stderr)
      assert.match(stderr, /detached: pod .* continues/)
      assert.match(stderr, new RegExp(`: podwright run --execution-id ${id} `))
      const second = start(cluster, args)
      await second.printed("adopted pod")
      await go(cluster, id)
      assert.strictEqual((await second.ended).code, 0, second.stderr())
      assert.strictEqual(second.stdout().toString("utf8"), "begun\nend\n")
      await cluster.untilNoPods(id)
    })

    it("kills it where nobody could take it over: resume false", async () => {
      const { code, id, stderr } = await leave("taskRunner: { type: podwright, resume: false }")
      assert.strictEqual(code, 130, stderr)
      await cluster.untilNoPods(id)
    })

    it("leaves a pod that a changed task does not take over, but replaces when asked to", async () => {
      const { args, folder, id } = await leave()
      await writeFlow(folder, id, ["echo other"], "containerImage: busybox")
      const refused = await podwright(cluster, args)
      assert.strictEqual(refused.code, 125, refused.stderr)
      assert.match(refused.stderr, /its spec differs from this task's/)
      await writeFlow(
        folder,
        id,
        ["echo other"],
        "containerImage: busybox\ntaskRunner: { type: podwright, onSpecChange: replace }"
      )
      const replaced = await podwright(cluster, args)
      assert.strictEqual(replaced.code, 0, replaced.stderr)
      assert.strictEqual(replaced.stdout, "other\n")
      await cluster.untilNoPods(id)
    })

    it("is not answered by the pod it left, where that is removed by force and runs on for a while under the same name", async () => {
      const { args, folder, id } = await leave("", () => "trap '' TERM; echo begun; sleep 600")
      const old = await podOf(cluster, id)
      await writeFlow(folder, id, ["echo other"], "containerImage: busybox")
      await cluster.remove(old?.metadata.name ?? "")
      const second = await podwright(cluster, args)
      assert.strictEqual(second.code, 0, second.stderr)
      assert.strictEqual(second.stdout, "other\n")
      await cluster.untilNoPods(id)
    })

    it("leaves a pod that is not taken over once it is on its way out", async () => {
      const { args, id } = await leave("", (id) => `trap '' TERM; echo begun; ${untilTold(id, "echo end")}`)
      const old = await podOf(cluster, id)
      await cluster.remove(old?.metadata.name ?? "", undefined, 3)
      const second = start(cluster, args)
      await second.printed("begun")
      await go(cluster, id)
      assert.strictEqual((await second.ended).code, 0, second.stderr())
      assert.notInclude(second.stderr(), "adopted")
      assert.strictEqual(second.stdout().toString("utf8"), "begun\nend\n")
      await cluster.untilNoPods(id)
    })
  })

  describe("two drivers of one task run", () => {
    it("are told from each other: the second hears who has the pod, and the first goes on", async () => {
      const folder = await scratch()
      const id = freshId("two")
      const flow = await writeFlow(folder, id, [`echo begun; ${untilTold(id, "echo end")}`], "containerImage: busybox")
      const args = ["run", flow, "--execution-id", id]
      const first = start(cluster, args)
      await first.printed("begun")
      const second = await podwright(cluster, args)
      assert.strictEqual(second.code, 125, second.stderr)
      assert.match(second.stderr, new RegExp(`is driven by \\S+/${first.process.pid}/`))
      await go(cluster, id)
      assert.strictEqual((await first.ended).code, 0, first.stderr())
      assert.strictEqual(first.stdout().toString("utf8"), "begun\nend\n")
      await cluster.untilNoPods(id)
    })

    it("are one too many where resume is false", async () => {
      const folder = await scratch()
      const id = freshId("one")
      const task = "containerImage: busybox\ntaskRunner: { type: podwright, resume: false }"
      const flow = await writeFlow(folder, id, quick, task)
      const args = ["run", flow, "--execution-id", id]
      const first = start(cluster, args)
      await first.printed("line 1")
      const second = await podwright(cluster, args)
      assert.strictEqual(second.code, 125, second.stderr)
      assert.match(second.stderr, /already exists, .* and resume is false/)
      assert.strictEqual((await kill(first, "SIGINT")).code, 130)
      await cluster.untilNoPods(id)
    })

    it("are told from each other when the first was held for so long that its lease ran out", async () => {
      const folder = await scratch()
      const id = freshId("held")
      const flow = await writeFlow(folder, id, [`echo begun; ${untilTold(id, "echo end")}`], "containerImage: busybox")
      const args = ["run", flow, "--execution-id", id]
      const first = start(cluster, args)
      await first.printed("begun")
      first.process.kill("SIGSTOP")
      const second = start(cluster, args)
      await second.printed("adopted pod")
      first.process.kill("SIGCONT")
      assert.strictEqual((await first.ended).code, 125, first.stderr())
      assert.match(first.stderr(), new RegExp(`taken over by \\S+/${second.process.pid}/`))
      await go(cluster, id)
      assert.strictEqual((await second.ended).code, 0, second.stderr())
      assert.strictEqual(second.stdout().toString("utf8"), "begun\nend\n")
      await cluster.untilNoPods(id)
    })
  })
}
