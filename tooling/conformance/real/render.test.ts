/** A stock kubectl and a real API server accept what `podwright render` prints. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { podwright, scratch } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()
const EXAMPLES = join(import.meta.dirname, "../../../examples")

/**
 * Texts that YAML 1.1, which kubectl reads, takes for something else, where they are not quoted.
 */
const MISREAD = ["yes", "on", "0777", "1_000", "12:30:00", "1e3", "~", ".inf", "0x1F", "null", "2001-01-01"]

const applied = async (args: ReadonlyArray<string>) => {
  // Nowhere: there is no cluster to be asked.
  const { code, stderr, stdout } = await podwright(cluster, ["render", ...args], "/nowhere")
  assert.strictEqual(code, 0, stderr)
  const dryRun = ["apply", "--namespace", "default", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"]
  return JSON.parse((await kubectl(cluster.kubeconfig, dryRun, stdout)).stdout)
}

describe("podwright render", () => {
  for (const explain of [[], ["--explain"]]) {
    for (const example of ["hello.yaml", "hello-with-file.yaml", "task.yaml"]) {
      it(`${[example, ...explain].join(" ")} is taken by kubectl apply --dry-run=server`, async () => {
        const input = example === "hello-with-file.yaml" ? ["--input", `file=${join(EXAMPLES, example)}`] : []
        const pod = await applied([join(EXAMPLES, example), ...input, ...explain])
        assert.strictEqual(pod.kind, "Pod")
        assert.include(
          pod.spec.containers.map((container: { name: string }) => container.name),
          "main"
        )
      })
    }

    it(`texts that look like numbers, dates or booleans arrive as they are ${explain}`, async () => {
      const file = join(await scratch(), "task.yaml")
      const env = Object.fromEntries(MISREAD.map((text, index) => [`V${index}`, text]))
      const scripts = ["echo 'a: b' # c", "printf 'two\\n  lines\\n'\ncat <<'X'\n\ttab\nX"]
      await writeFile(file, JSON.stringify({ image: "busybox", commands: scripts, env }))
      const pod = await applied([file, ...explain])
      const main = pod.spec.containers.find((container: { name: string }) => container.name === "main")
      const found = main.env.filter(({ name }: { name: string }) => name in env)
      assert.deepStrictEqual(
        found.map(({ value }: { value: string }) => value),
        MISREAD
      )
      assert.strictEqual(main.command.at(-1), ["set -e", ...scripts].join("\n"))
    })
  }
})
