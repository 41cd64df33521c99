/**
 * Finished work is not repeated: equal tasks with `taskCache`, and tasks of an execution that
 * another process continues.
 */
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { aroundEach } from "vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { go, untilTold } from "../clusters/HeldTask.ts"
import { freshId, ownScratch, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

/** No double holds it. */
const ID = "9007199254740993"
const VALUE = `echo '::{"outputs":{"size":1,"id":${ID}}}::'`

export const caching = (cluster: Cluster): void => {
  // Processes that follow each other: side by side they take the time of the longest.
  describe.concurrent("the cache", () => {
    aroundEach(ownScratch)

    it("gives an equal task's result without a pod, and runs what differs", async () => {
      const folder = await scratch()
      const input = join(folder, "input")
      await writeFile(input, "one")
      const task = `containerImage: busybox\noutputFiles: [out.txt]\ninputFiles: { in.txt: 'file://${input}' }\ntaskCache: { enabled: true, ttl: PT1H }`
      const flow = await writeFlow(folder, freshId("cached"), ["cp in.txt out.txt", VALUE], task)
      const run = async (out: string) => {
        const args = [
          "run",
          flow,
          "--cache-dir",
          join(folder, "cache"),
          "--output",
          "json",
          "--output-dir",
          join(folder, out)
        ]
        const { code, stderr, stdout } = await podwright(cluster, args)
        assert.strictEqual(code, 0, stderr)
        return { result: JSON.parse(stdout), stderr, content: await readFile(join(folder, out, "out.txt"), "utf8") }
      }
      const first = await run("first")
      assert.isFalse(first.result.cached)
      const second = await run("second")
      assert.isTrue(second.result.cached)
      assert.isAtMost(Date.parse(second.result.cachedAt), Date.now())
      assert.deepStrictEqual([second.content, second.result.outputs.size], ["one", 1])
      assert.deepStrictEqual([second.result.pod, second.result.timings], [first.result.pod, {}])
      assert.include(second.stderr, "podwright: not run: an equal task succeeded")
      assert.notInclude(second.stderr, "created pod")
      await writeFile(input, "two")
      const third = await run("third")
      assert.deepStrictEqual([third.result.cached, third.content], [false, "two"])
    })

    it("gives no result of one cluster to another, and none where it is told not to", async () => {
      const folder = await scratch()
      const task = "containerImage: busybox\ntaskCache: { enabled: true }"
      const flow = await writeFlow(folder, freshId("own-cluster"), [VALUE], task)
      const args = ["run", flow, "--cache-dir", join(folder, "cache"), "--output", "json"]
      const cached = async (...more: ReadonlyArray<string>) => {
        // `--local` is a cluster of its own, and takes no kubeconfig.
        const local = more.includes("--local")
        const { code, stderr, stdout } = await podwright(cluster, [...args, ...more], local ? "" : undefined)
        assert.strictEqual(code, 0, stderr)
        return JSON.parse(stdout).cached
      }
      assert.deepStrictEqual([await cached("--local"), await cached("--local")], [false, true], "embedded")
      assert.deepStrictEqual([await cached(), await cached()], [false, true], "this cluster")
      assert.isFalse(await cached("--no-cache"), "ignored")
      assert.isFalse(await cached("--refresh-cache"), "made again")
      assert.isTrue(await cached(), "what was made again")
    })

    it("does not keep failures, and hands values of a hit on to the tasks behind", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const task = (id: string, commands: ReadonlyArray<string>, taskCache?: object) => ({
        id,
        type: "io.kestra.plugin.scripts.shell.Commands",
        containerImage: "busybox",
        commands,
        ...(taskCache === undefined ? {} : { taskCache })
      })
      const enabled = { enabled: true }
      const tasks = [
        task("kept", [VALUE], enabled),
        task("fails", ["echo {{ outputs.kept.vars.size }} {{ outputs.kept.vars.id }}", "exit 3"], enabled)
      ]
      await writeFile(path, JSON.stringify({ id: freshId("chain"), namespace: "company.team", tasks }))
      const cache = join(folder, "cache")
      for (const cached of [false, true]) {
        const { code, stderr, stdout } = await podwright(cluster, ["run", path, "--cache-dir", cache])
        assert.strictEqual(code, 3, stderr)
        assert.strictEqual(stdout, `1 ${ID}\n`)
        assert.strictEqual(stderr.includes("not run"), cached, stderr)
      }
    })

    it("gives files whose names are not UTF-8 back under their bytes, and to the tasks behind", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const type = "io.kestra.plugin.scripts.shell.Commands"
      await writeFile(
        path,
        JSON.stringify({
          id: freshId("bytes"),
          namespace: "company.team",
          tasks: [
            {
              id: "a",
              type,
              containerImage: "busybox",
              commands: [`printf one >"$(printf 'caf\\351')"; printf two >"$(printf 'caf\\350')"`],
              outputFiles: ["*"],
              taskCache: { enabled: true }
            },
            {
              id: "b",
              type,
              containerImage: "busybox",
              inputFiles: {
                x: "{{ outputs.a.outputFiles['caf\\xe9'] }}",
                y: "{{ outputs.a.outputFiles['caf\\xe8'] }}"
              },
              commands: ["cat x y; echo"]
            }
          ]
        })
      )
      for (const cached of [false, true]) {
        const out = join(folder, String(cached))
        const args = ["run", path, "--cache-dir", join(folder, "cache"), "--output-dir", out]
        const { code, stderr, stdout } = await podwright(cluster, args)
        assert.deepStrictEqual([code, stdout], [0, "onetwo\n"], stderr)
        assert.strictEqual(stderr.includes("not run: an equal task"), cached, stderr)
        const names = await readdir(join(out, "a"), { encoding: "latin1" })
        assert.deepStrictEqual(names.sort(), ["caf\xe8", "caf\xe9"])
      }
    })

    it("is not needed for tasks that an earlier process of the execution has done", async () => {
      const folder = await scratch()
      const path = join(folder, "flow.yaml")
      const id = freshId("journal")
      const task = (id: string, commands: ReadonlyArray<string>, more: object = {}) => ({
        id,
        type: "io.kestra.plugin.scripts.shell.Commands",
        containerImage: "busybox",
        commands,
        ...more
      })
      const tasks = [
        task("done", ["echo one", "echo kept > out.txt", VALUE], { outputFiles: ["out.txt"] }),
        task(
          "cut",
          ["echo two {{ outputs.done.vars.size }} {{ outputs.done.vars.id }}", "cat in", untilTold(id, "true")],
          {
            inputFiles: { in: "{{ outputs.done.outputFiles['out.txt'] }}" }
          }
        ),
        task("behind", ["echo three"])
      ]
      await writeFile(path, JSON.stringify({ id, namespace: "company.team", tasks }))
      const places = ["--cache-dir", join(folder, "cache"), "--output-dir", join(folder, "out")]
      const args = ["run", path, "--execution-id", id, ...places]
      const first = start(cluster, args)
      await first.printed(`two 1 ${ID}`)
      first.process.kill("SIGKILL")
      await first.ended
      const second = start(cluster, args)
      await second.printed("adopted pod")
      await go(cluster, id)
      assert.strictEqual((await second.ended).code, 0, second.stderr())
      assert.strictEqual(second.stdout().toString("utf8"), `two 1 ${ID}\nkept\nthree\n`)
      assert.include(second.stderr(), "podwright: not rerun: this task of the execution completed")
      // It has ended: named again, it begins anew.
      assert.deepStrictEqual(await readdir(join(folder, "cache/executions")), [])
    })

    it("does not hide the pod that an earlier process of the execution has left", async () => {
      const folder = await scratch()
      const id = freshId("left")
      const flow = await writeFlow(
        folder,
        id,
        ["echo begun", "sleep 4"],
        "containerImage: busybox\ntaskCache: { enabled: true }"
      )
      const cache = ["--cache-dir", join(folder, "cache")]
      const first = start(cluster, ["run", flow, "--execution-id", id, ...cache])
      await first.printed("begun")
      first.process.kill("SIGKILL")
      await first.ended
      const equal = await podwright(cluster, ["run", flow, ...cache])
      assert.strictEqual(equal.code, 0, equal.stderr)
      const second = await podwright(cluster, ["run", flow, "--execution-id", id, ...cache])
      assert.deepStrictEqual([second.code, second.stdout], [0, "begun\n"], second.stderr)
      await cluster.untilNoPods(id)
    })

    it("is left whole by processes that keep the same result at once", async () => {
      const folder = await scratch()
      const flow = await writeFlow(
        folder,
        freshId("twice"),
        ["head -c 3000000 /dev/zero > out.bin"],
        "containerImage: busybox\noutputFiles: [out.bin]\ntaskCache: { enabled: true }"
      )
      const cache = join(folder, "cache")
      const run = (out: string) =>
        podwright(cluster, ["run", flow, "--cache-dir", cache, "--output", "json", "--output-dir", join(folder, out)])
      const both = await Promise.all([run("one"), run("other")])
      for (const { code, stderr } of both) assert.strictEqual(code, 0, stderr)
      assert.strictEqual((await readdir(join(cache, "entries"))).length, 1)
      assert.deepStrictEqual(await readdir(join(cache, "temporary")), [])
      const { code, stderr, stdout } = await run("later")
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(JSON.parse(stdout).cached)
      assert.strictEqual((await readFile(join(folder, "later/out.bin"))).length, 3_000_000)
    })
  })
}
