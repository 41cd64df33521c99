/**
 * Pod Security *restricted*, and files between main and helper whatever user each of them is. An
 * embedded cluster has no admission: there the same pods only run.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { stringify } from "yaml"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch } from "../clusters/Podwright.ts"

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  seccompProfile: { type: "RuntimeDefault" }
}
const tmp = { volumeMounts: [{ name: "tmp", mountPath: "/tmp" }] }
const user = { runAsNonRoot: true, runAsUser: 1000 }

/**
 * As the reference page has it for clusters like GovCloud's: everything said for every container,
 * and a folder to write to.
 */
const govCloud = {
  containerDefaultSpec: { securityContext: RESTRICTED, ...tmp },
  podSpec: { securityContext: user, volumes: [{ name: "tmp", emptyDir: {} }] }
}

/** What main does with files: reads and changes its input, and leaves private files behind. */
const COMMANDS = [
  "cat in.txt",
  "echo more >> in.txt",
  "cp in.txt out.txt && chmod 600 out.txt",
  "mkdir -p deep $OUTPUT_DIR/private && chmod 700 $OUTPUT_DIR/private",
  "echo deep > $OUTPUT_DIR/private/file && chmod 400 $OUTPUT_DIR/private/file",
  "id -u >&2"
]

/** The cases; see above. */
export const restricted = (cluster: Cluster): void => {
  const run = async (name: string, image: string, properties: object) => {
    const folder = await scratch()
    const id = freshId(name)
    const file = join(folder, `${id}.yaml`)
    const task = { image, inputFiles: { "in.txt": "hello\n" }, outputFiles: ["out.txt"], commands: COMMANDS }
    await writeFile(file, stringify({ ...task, runner: properties }))
    const out = join(folder, "out")
    const { code, stderr, stdout } = await podwright(cluster, ["run", file, "--output-dir", out])
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "hello\n")
    assert.strictEqual(await readFile(join(out, "out.txt"), "utf8"), "hello\nmore\n")
    assert.strictEqual(await readFile(join(out, "private/file"), "utf8"), "deep\n")
    return { stderr, id }
  }

  describe("Pod Security restricted", () => {
    const { restrictedNamespace: namespace } = cluster
    const tasks: ReadonlyArray<readonly [string, object]> = [
      ["runAsNonRoot and runAsUser on main are enough", { containerSpec: { securityContext: user } }],
      ["the reference's example, helper like main", govCloud],
      [
        "the reference's example, helper by fileSidecar.defaultSpec",
        {
          ...govCloud,
          fileSidecar: {
            defaultSpec: { securityContext: { ...RESTRICTED, ...user }, ...tmp },
            resources: { limits: { memory: "64Mi" } }
          }
        }
      ]
    ]
    for (const [name, properties] of tasks) {
      it(name, async () => {
        const { id, stderr } = await run("restricted", "busybox", { namespace, ...properties })
        assert.match(stderr, /^1000$/m)
        await cluster.untilNoPods(id, namespace)
      })
    }

    it("an entrypoint with files needs no more", async () => {
      const file = join(await scratch(), `${freshId("restricted-init")}.yaml`)
      const runner = { namespace, containerSpec: { args: ["cat", "in.txt"], securityContext: user } }
      await writeFile(file, stringify({ image: cluster.images.entrypoint, inputFiles: { "in.txt": "hello" }, runner }))
      const { code, stderr } = await podwright(cluster, ["run", file])
      assert.strictEqual(code, 0, stderr)
    })
  })

  describe("files cross between main and helper", () => {
    const users: ReadonlyArray<readonly [string, string, object, string | undefined]> = [
      ["both root", "busybox", {}, "0"],
      ["both 1000", "busybox", { containerSpec: { securityContext: { runAsUser: 1000 } } }, "1000"],
      [
        "main 1000 by its image, helper root",
        cluster.images.user1000,
        {},
        cluster.images.user1000 === "busybox" ? undefined : "1000"
      ],
      [
        "main 1000 by its image and said not to be root, helper nobody",
        cluster.images.user1000,
        { podSpec: { securityContext: { runAsNonRoot: true } } },
        cluster.images.user1000 === "busybox" ? undefined : "1000"
      ],
      [
        "main root in a pod of another user",
        "busybox",
        {
          podSpec: { securityContext: user },
          containerSpec: { securityContext: { runAsNonRoot: false, runAsUser: 0 } }
        },
        "0"
      ]
    ]
    for (const [name, image, properties, uid] of users) {
      it(name, async () => {
        const { stderr } = await run("users", image, properties)
        if (uid !== undefined) assert.match(stderr, new RegExp(`^${uid}$`, "m"))
      })
    }
  })
}
