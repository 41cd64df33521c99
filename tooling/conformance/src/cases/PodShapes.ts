/** Every shape of pod, with files in and out. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

/**
 * True where there is another user to give a file to: an embedded cluster of an ordinary user has
 * one id alone.
 */
const HAS_OTHER_USERS = `[ "$(awk '{ ids += $3 } END { print ids }' /proc/self/uid_map)" != 1 ]`

export const podShapes = (cluster: Cluster): void => {
  describe("pod shapes", () => {
    it("gate: folders, modes and the output folder, declared or not", async () => {
      const folder = await scratch()
      const id = freshId("gate-files")
      const flow = await writeFlow(
        folder,
        id,
        [
          "./tool > result.txt",
          "mkdir -p $OUTPUT_DIR/deep && echo deep > $OUTPUT_DIR/deep/file",
          "mkdir -m 700 $OUTPUT_DIR/foreign && echo x > $OUTPUT_DIR/foreign/x",
          `if ${HAS_OTHER_USERS}; then chown -R 1000 $OUTPUT_DIR/foreign; fi`,
          "echo $WORKING_DIR $OUTPUT_DIR"
        ],
        `containerImage: busybox\ninputFiles:\n  tool: "#!/bin/sh\\necho made by a tool\\n"\nbeforeCommands: ["chmod +x tool"]\noutputFiles: ["*.txt"]`
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "out")])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "/podwright/work /podwright/output\n")
      assert.strictEqual(await readFile(join(folder, "out/result.txt"), "utf8"), "made by a tool\n")
      assert.strictEqual(await readFile(join(folder, "out/deep/file"), "utf8"), "deep\n")
      assert.strictEqual(await readFile(join(folder, "out/foreign/x"), "utf8"), "x\n")
      await cluster.untilNoPods(id)
    })

    it("gate: log by the kubelet, files all the same", async () => {
      const folder = await scratch()
      const id = freshId("gate-kubelet")
      const flow = await writeFlow(
        folder,
        id,
        ["cat in.txt", "cp in.txt out.txt", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done"],
        `containerImage: busybox\ninputFiles: { in.txt: "hello\\n" }\noutputFiles: [out.txt]\ntaskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, logs: kubelet }`
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output-dir", join(folder, "out")])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, `hello\n${Array.from({ length: 2000 }, (_, i) => `line ${i + 1}\n`).join("")}`)
      assert.strictEqual(await readFile(join(folder, "out/out.txt"), "utf8"), "hello\n")
      await cluster.untilNoPods(id)
    })

    it("init: an image without a shell gets its files and gives its own", async () => {
      const folder = await scratch()
      const task = join(folder, `${freshId("init")}.yaml`)
      await writeFile(
        task,
        `image: ${cluster.images.entrypoint}\ninputFiles: { in.txt: hello }\nrunner:\n  containerSpec: { args: [cat, in.txt] }\n`
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", task, "--output", "json"])
      assert.strictEqual(code, 0, stdout + stderr)
      assert.strictEqual(JSON.parse(stdout).state, "SUCCESS")
    })

    it("bare: an entrypoint without files is one container", async () => {
      const folder = await scratch()
      const task = join(folder, `${freshId("bare")}.yaml`)
      await writeFile(task, `image: ${cluster.images.entrypoint}\n`)
      const { code, stderr } = await podwright(cluster, ["run", task])
      assert.strictEqual(code, 0, stderr)
    })

    it("runs the user's init container, native sidecar and sidecar, and waits for neither sidecar's end", async () => {
      const file = join(await scratch(), `${freshId("sidecars")}.yaml`)
      const shared = { volumeMounts: [{ name: "shared", mountPath: "/shared" }] }
      const shell = (script: string) => ({ image: "busybox", command: ["sh", "-c", script], ...shared })
      const podSpec = {
        volumes: [{ name: "shared", emptyDir: {} }],
        initContainers: [
          { name: "mesh", ...shell("touch /shared/mesh; sleep 600"), restartPolicy: "Always" },
          { name: "prepare", ...shell("echo prepared > /shared/file") }
        ],
        containers: [{ name: "proxy", ...shell("touch /shared/proxy; sleep 600") }]
      }
      const wait = "until [ -e /shared/mesh ] && [ -e /shared/proxy ]; do sleep 0.1; done"
      const commands = [wait, "cat /shared/file in.txt"]
      const runner = { podSpec, containerSpec: shared }
      await writeFile(file, JSON.stringify({ image: "busybox", commands, inputFiles: { "in.txt": "in\n" }, runner }))
      const { code, stderr, stdout } = await podwright(cluster, ["run", file])
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "prepared\nin\n")
    })

    it("keeps the pod when the task says so, and kubectl meets main in it", async () => {
      const folder = await scratch()
      const id = freshId("kept")
      const flow = await writeFlow(
        folder,
        id,
        ["true"],
        "containerImage: busybox\ntaskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, delete: false }"
      )
      const { code, stderr, stdout } = await podwright(cluster, ["run", flow, "--output", "json"])
      assert.strictEqual(code, 0, stderr)
      const left = await cluster.pods(`podwright.dev/flow-id=${id}`)
      // What `kubectl logs` and `kubectl exec` mean where they are told no container.
      const meant = "kubectl.kubernetes.io/default-container"
      assert.deepStrictEqual(
        left.map(({ metadata }) => [metadata.name, metadata.annotations?.[meant]]),
        [[JSON.parse(stdout).pod, "main"]]
      )
      for (const pod of left) await cluster.remove(pod.metadata.name)
    })
  })
}
