/**
 * The log of a task, line by line as it was written, even when its stream is cut again and again.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { behindCuts } from "../clusters/Faults.ts"
import { runPastFault, untilTold } from "../clusters/HeldTask.ts"
import { freshId, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

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

    it("delivers 100,000 lines once and in order, cut every 200 ms", async () => {
      const faulty = await behindCuts(cluster, "exec")
      try {
        const folder = await scratch()
        const id = freshId("cut")
        const count = 100_000
        const bursts = 10
        // Bursts with pauses between them: long enough to be cut, and cuts meet both a flood and a
        // silence.
        const awk = `awk -v n=$n 'BEGIN { for (i = n * ${count / bursts} + 1; i <= (n + 1) * ${count / bursts}; i++) { print "out", i; if (i % 10 == 0) print "err", i > "/dev/stderr" } }'`
        const command = `n=0; while [ $n -lt ${bursts} ]; do ${awk}; n=$((n + 1)); sleep 0.2; done; ${untilTold(id, "printf end")}`
        const flow = await writeFlow(folder, id, [command], "containerImage: busybox")
        const { code, stderr, stdout } = await runPastFault(cluster, faulty, id, ["run", flow])
        assert.strictEqual(code, 0, stderr.slice(-2000))
        assert.isAbove(faulty.proxy.fired().length, 0)
        const wanted = Array.from({ length: count }, (_, index) => `out ${index + 1}\n`).join("")
        // Told apart without printing a megabyte when they differ.
        assert.isTrue(stdout === `${wanted}end\n`, `${stdout.length} characters`)
        assert.deepStrictEqual(
          stderr.split("\n").filter((line) => line.startsWith("err ")),
          Array.from({ length: count / 10 }, (_, index) => `err ${(index + 1) * 10}`)
        )
      } finally {
        await faulty.stop()
      }
    })

    it("delivers 20,000 lines of the kubelet's log once and in order, cut every 200 ms, or tells of the gap", async () => {
      const faulty = await behindCuts(cluster, "log")
      try {
        const id = freshId("cut-kubelet")
        const count = 20_000
        const bursts = 10
        // Of two lengths, so that a line that is torn or joined to another cannot look like one
        // that is not.
        const awk = `awk -v n=$n 'BEGIN { for (i = n * ${count / bursts} + 1; i <= (n + 1) * ${count / bursts}; i++) print "line", i, (i % 2 ? "odd" : "even line") }'`
        const command = `n=0; while [ $n -lt ${bursts} ]; do ${awk}; n=$((n + 1)); sleep 0.2; done; ${untilTold(id, "printf end")}`
        const task = "containerImage: busybox\ntaskRunner: { type: podwright, logs: kubelet }"
        const flow = await writeFlow(await scratch(), id, [command], task)
        const { code, stderr, stdout } = await runPastFault(cluster, faulty, id, ["run", flow, "--output", "ndjson"])
        assert.strictEqual(code, 0, stderr.slice(-2000))
        assert.isAbove(faulty.proxy.fired().length, 0)
        const events = stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
        const lines: ReadonlyArray<string> = events.filter(({ _tag }) => _tag === "Log").flatMap((event) => event.lines)
        const gaps = events.filter(({ _tag }) => _tag === "LogGap")
        assert.strictEqual(events.at(-1).result.logGaps, gaps.length)
        const textOf = (n: number) => (n > count ? "end" : `line ${n} ${n % 2 === 1 ? "odd" : "even line"}`)
        const numbers = lines.map((line) => (line === "end" ? count + 1 : Number(line.split(" ")[1])))
        assert.isTrue(numbers.map(textOf).join("\n") === lines.join("\n"), "a line is torn")
        // What follows a line is the next one, or lies behind a gap that was told; so does the end.
        const steps = [0, ...numbers].map((n, index) => (numbers[index] ?? count + 2) - n)
        assert.isTrue(
          steps.every((step) => step > 0),
          "a line is doubled, or out of order"
        )
        assert.isAtMost(steps.filter((step) => step > 1).length, gaps.length, JSON.stringify(gaps))
      } finally {
        await faulty.stop()
      }
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
