/**
 * Values that a command prints as `::{json}::`: taken out of the log, into the result, and into
 * later tasks.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { behindCuts } from "../clusters/Faults.ts"
import { runPastFault, untilTold } from "../clusters/HeldTask.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

const runner = "taskRunner: { type: podwright, logs: kubelet }"

const BIG = "123456789012345678901234567890"

export const logValues = (cluster: Cluster): void => {
  describe("values in the log", () => {
    it("are the result's, of stdout and stderr, the last line without its newline included", async () => {
      const folder = await scratch()
      const flow = await writeFlow(
        folder,
        freshId("values"),
        [
          "echo before",
          `echo '::{"outputs":{"rows":1,"nested":{"two  spaces":[true,null]}}}::'`,
          `echo '::{"outputs":{"rows":2}}::'`,
          `echo '::{"outputs":{"aside":true},"metrics":[{"type":"counter","name":"read","value":1.5,"tags":{"table":"a"}}]}::' >&2`,
          `printf '::{"outputs":{"long":"%010000d"}}::\\n' 7`,
          `echo '::{"outputs":{rows:3}}::'`,
          `echo '::{"logs":[{"level":"WARN","message":"late"}],"metrics":[{"type":"timer","name":"took","value":"PT0.5S"}]}::'`,
          "echo after",
          `printf '::{"outputs":{"last":"käse"}}::'`
        ],
        "containerImage: busybox"
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output", "ndjson"])
      assert.strictEqual(code, 0, stderr)
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const { logLines, metrics, outputs } = events.at(-1).result
      assert.deepStrictEqual(outputs, {
        rows: 2,
        aside: true,
        nested: { "two  spaces": [true, null] },
        long: "7".padStart(10_000, "0"),
        last: "käse"
      })
      // Of two streams neither's lines are surely read first.
      const byName = metrics.sort((one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1))
      assert.deepStrictEqual(byName, [
        { type: "counter", name: "read", value: 1.5, tags: { table: "a" } },
        { type: "timer", name: "took", value: 0.5, tags: {} }
      ])
      const lines = events.filter(({ _tag }) => _tag === "Log").flatMap((event) => event.lines)
      assert.deepStrictEqual(lines, ["before", '::{"outputs":{rows:3}}::', "after"])
      assert.deepStrictEqual(logLines, { stdout: 3, stderr: 0 })
      const warnings = events.filter(({ _tag }) => _tag === "Warning").map(({ message }) => message)
      assert.strictEqual(warnings.filter((one) => /not JSON .*: ::\{"outputs":\{rows:3\}\}::$/.test(one)).length, 1)
      const ours = cluster.underFaults
        ? warnings.filter((one) => !/^reconnecting: | answers again, after /.test(one))
        : warnings
      assert.strictEqual(ours.length, 1, warnings.join("\n"))
      const entries = events.filter(({ _tag }) => _tag === "Values").flatMap(({ logs }) => logs)
      assert.deepStrictEqual(entries, [{ level: "WARN", message: "late" }])
    })

    it("keep the digits of their numbers, in events, in the result and in the tasks behind", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const task = (name: string, command: string) => ({
        id: name,
        type: "io.kestra.plugin.scripts.shell.Commands",
        containerImage: "busybox",
        commands: [command]
      })
      const outputs = `"outputs":{"id":9007199254740993,"big":${BIG},"f":2.0,"deep":[{"n":[-9007199254740993,2.0]}],"e":1e21}`
      const metrics = `"metrics":[{"type":"counter","name":"n","value":9007199254740993,"tags":{}}]`
      const first = task("first", `for n in 1 2; do echo '::{${outputs},${metrics}}::'; done`)
      const second = task(
        "second",
        "echo '{{ outputs.first.vars.id }} {{ outputs.first.vars.big }} {{ outputs.first.vars.f }} {{ outputs.first.vars.deep }}'"
      )
      await writeFile(
        path,
        JSON.stringify({ id: freshId("digits"), namespace: "company.team", tasks: [first, second] })
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", path, "--output", "ndjson"])
      assert.strictEqual(code, 0, stderr)
      const written = outputs.replace("1e21", "1e+21")
      const sum = metrics.replace("9007199254740993", "18014398509481986")
      const lines = stdout.trimEnd().split("\n")
      const values = lines.filter((line) => line.startsWith('{"_tag":"Values"'))
      assert.isTrue(values.length === 2 && values.every((line) => line.includes(`${written},${metrics}`)), stdout)
      const finished = lines.filter((line) => line.startsWith('{"_tag":"Finished"'))
      assert.include(finished[0], `${written},${sum}`)
      assert.include(lines.at(-1), `${written},${sum}`)
      const told = lines.map((line) => JSON.parse(line)).filter(({ _tag }) => _tag === "Log")
      assert.deepStrictEqual(
        told.flatMap((event) => event.lines),
        [`9007199254740993 ${BIG} 2.0 [{"n":[-9007199254740993,2.0]}]`]
      )

      const json = await podwright(cluster, ["run", path, "--output", "json"])
      assert.strictEqual(json.code, 0, json.stderr)
      for (const one of [`"id": 9007199254740993,`, `"big": ${BIG},`, `"f": 2.0,`, `"value": 18014398509481986,`])
        assert.include(json.stdout, one)
      const text = await podwright(cluster, ["run", path])
      for (const one of [
        "output id = 9007199254740993\n",
        "output f = 2.0\n",
        "metric n = 9007199254740993 (counter)\n"
      ])
        assert.include(text.stderr, one)
    })

    it("keep the digits that the file has for them, as those of variables, inputs, labels and the environment", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const id = freshId("written")
      const expressions =
        "{{ vars.id }} {{ vars.deep[0].big }} {{ inputs.int }} {{ inputs.json.id }} {{ inputs.given }} {{ vars.ratio }} {{ vars.ratio + 1 }}"
      await writeFile(
        path,
        `id: ${id}
namespace: company.team
variables: { id: 9007199254740993, deep: [{ big: ${BIG} }], ratio: 2.0 }
inputs:
  - { id: int, type: INT, defaults: -9007199254740993 }
  - { id: json, type: JSON, defaults: '{"id":9007199254740993}' }
  - { id: given, type: INT }
tasks:
  - id: a
    type: io.kestra.plugin.scripts.shell.Commands
    containerImage: busybox
    env: { A: 1.50, B: 0x1F, C: 1e3, D: 010, E: 9007199254740993, F: 2.0 }
    commands: ["echo ${expressions} $A $B $C $D $E $F"]
    taskRunner:
      type: podwright
      delete: false
      labels: { version: 1.50, zone: 010, hex: 0x1F }
`
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", path, "--input", `given=${BIG}`])
      assert.strictEqual(code, 0, stderr)
      const written = `9007199254740993 ${BIG} -9007199254740993 9007199254740993 ${BIG} 2.0 3.0`
      assert.strictEqual(stdout, `${written} 1.50 0x1F 1e3 010 9007199254740993 2.0\n`)
      const [pod] = await cluster.pods(`podwright.dev/flow-id=${id}`)
      const { version, zone, hex } = pod?.metadata.labels ?? {}
      assert.deepStrictEqual([version, zone, hex], ["1.50", "010", "0x1F"])
      await cluster.remove(pod?.metadata.name ?? "")
    })

    for (const [log, task] of [
      ["the volume's", ""],
      ["the kubelet's", runner]
    ] as const)
      it(`survive a command that fails (${log} log)`, async () => {
        const flow = await writeFlow(
          await scratch(),
          freshId("fails"),
          ["echo first", `echo '::{"outputs":{"done":1}}::'`, `printf '::{"outputs":{"last":2}}::'`, "exit 3"],
          `containerImage: busybox\n${task}`
        )
        const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output", "json"])
        assert.strictEqual(code, 3, stderr)
        assert.deepStrictEqual(JSON.parse(stdout).outputs, { done: 1, last: 2 })
        assert.deepStrictEqual(JSON.parse(stdout).logLines.stdout, 1)
      })

    it("go into the tasks behind", async () => {
      const folder = await scratch()
      const id = freshId("chain")
      const path = join(folder, "flow.yaml")
      const task = (name: string, command: string) => ({
        id: name,
        type: "io.kestra.plugin.scripts.shell.Commands",
        containerImage: "busybox",
        commands: [command]
      })
      const first = task("first", `echo '::{"outputs":{"who":"world","list":[1,2]}}::'`)
      const second = task("second", "echo {{ outputs.first.vars.who }} {{ outputs.first.vars.list[1] }}")
      await writeFile(path, JSON.stringify({ id, namespace: "company.team", tasks: [first, second] }))
      const { code, stderr, stdout } = await podwright(cluster, ["run", path])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "world 2\n")
      assert.include(stderr, 'podwright: output who = "world"\n')
    })

    it("are taken once each, cut every 200 ms", async () => {
      const faulty = await behindCuts(cluster, "exec")
      try {
        const id = freshId("cut")
        const bursts = 10
        const count = 500
        const values = `"metrics":[{"type":"counter","name":"n","value":1}],"outputs":{"at":%d}`
        const awk = `awk -v n=$n 'BEGIN { for (i = 1; i <= ${count}; i++) { printf "::{${values.replaceAll('"', '\\"')}}::\\n", n * ${count} + i; print "line", i } }'`
        const command = `n=0; while [ $n -lt ${bursts} ]; do ${awk}; n=$((n + 1)); sleep 0.2; done; ${untilTold(id, "true")}`
        const flow = await writeFlow(await scratch(), id, [command], "containerImage: busybox")
        const { code, stderr, stdout } = await runPastFault(cluster, faulty, id, ["run", flow, "--output", "json"])
        assert.strictEqual(code, 0, stderr.slice(-2000))
        assert.isAbove(faulty.proxy.fired().length, 0)
        const { logLines, metrics, outputs } = JSON.parse(stdout)
        assert.deepStrictEqual(metrics, [{ type: "counter", name: "n", value: bursts * count, tags: {} }])
        assert.deepStrictEqual(outputs, { at: bursts * count })
        assert.deepStrictEqual(logLines, { stdout: bursts * count, stderr: 0 })
      } finally {
        await faulty.stop()
      }
    })
  })
}
