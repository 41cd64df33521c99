/** The two reference flows, exactly as in `examples/`. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { podwright, scratch } from "../clusters/Podwright.ts"

const EXAMPLES = join(import.meta.dirname, "../../../../examples")

const digest = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest("hex")
}

/** A file of `bytes` bytes in which no block equals another. */
const randomFile = async (path: string, bytes: number): Promise<void> => {
  const { randomFillSync } = await import("node:crypto")
  const file = await open(path, "w")
  const block = Buffer.alloc(1024 * 1024)
  for (let left = bytes; left > 0; left -= block.length) {
    randomFillSync(block)
    await file.write(block.subarray(0, Math.min(left, block.length)))
  }
  await file.close()
}

export const referenceFlows = (cluster: Cluster): void => {
  describe("reference flows", () => {
    it("1: prints its line and leaves no pod", async () => {
      const { code, stderr, stdout } = await podwright(cluster, ["run", join(EXAMPLES, "hello.yaml")])
      assert.strictEqual(stdout, "Hello World\n")
      assert.strictEqual(code, 0, stderr)
      for (const line of stderr.trimEnd().split("\n")) assert.match(line, /^podwright: /)
      // Other cases' pods are of the same flow.
      const [, pod] = /^podwright: created pod ([\w-]+)$/m.exec(stderr) ?? []
      if (pod === undefined) throw new Error(`no pod is named: ${stderr}`)
      await cluster.untilGone(pod)
    })

    it("1: gives one JSON object", async () => {
      const { code, stdout } = await podwright(cluster, ["run", join(EXAMPLES, "hello.yaml"), "--output", "json"])
      assert.strictEqual(code, 0)
      const result = JSON.parse(stdout)
      assert.strictEqual(result.state, "SUCCESS")
      assert.strictEqual(result.exitCode, 0)
      assert.deepStrictEqual(result.logLines, { stdout: 1, stderr: 0 })
      assert.isString(result.pod)
      assert.isString(result.node)
      for (const phase of [
        "created",
        "scheduled",
        "started",
        "inputs-delivered",
        "finished",
        "collected",
        "deleting"
      ]) {
        assert.isNumber(result.timings[phase], phase)
      }
    })

    it("1: gives every event as a line of JSON", async () => {
      const { code, stdout } = await podwright(cluster, ["run", join(EXAMPLES, "hello.yaml"), "--output", "ndjson"])
      assert.strictEqual(code, 0)
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const log = events.filter((event) => event._tag === "Log")
      assert.deepStrictEqual(
        log.map((event) => [event.stream, event.lines, event.cursor]),
        [["stdout", ["Hello World"], { _tag: "volume", stdout: 12, stderr: 0 }]]
      )
      assert.deepStrictEqual(
        events.slice(-3).map((event) => [event._tag, event.state ?? event.result.state]),
        [
          ["Finished", "SUCCESS"],
          ["TaskEnded", "SUCCESS"],
          ["Ended", "SUCCESS"]
        ]
      )
    })

    for (const bytes of [0, 1024, 300 * 1024 * 1024]) {
      it(`2: brings a file of ${bytes} bytes back as it was`, async () => {
        const folder = await scratch()
        const input = join(folder, "input")
        await randomFile(input, bytes)
        const { code, stderr, stdout } = await podwright(cluster, [
          "run",
          join(EXAMPLES, "hello-with-file.yaml"),
          "--input",
          `file=${input}`,
          "--output-dir",
          join(folder, "out"),
          "--output",
          "json"
        ])
        assert.strictEqual(code, 0, stderr)
        const expected = await digest(input)
        const { outputFiles, pod } = JSON.parse(stdout)
        assert.deepStrictEqual(outputFiles, {
          "out.txt": { path: join(folder, "out/out.txt"), bytes, sha256: expected }
        })
        assert.strictEqual(await digest(join(folder, "out/out.txt")), expected)
        assert.isString(pod)
        await cluster.untilGone(pod)
      })
    }
  })
}
