import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { planContainer } from "../../src/kubelet/ContainerPlan.ts"
import { container, kubeletPod } from "../support/pods.ts"

const volumes = [
  { name: "v", emptyDir: {} },
  { name: "c", configMap: { name: "x" } }
]
const pod = kubeletPod({ volumes }, { name: "p".repeat(70) })
const mounts = (...volumeMounts: NonNullable<Parameters<typeof container>[1]>["volumeMounts"] & object) =>
  container("main", { volumeMounts })

describe("planContainer", () => {
  it("puts together what the specs say", () => {
    const spec = container("main", {
      command: ["sh", "-c"],
      args: ["echo $(A)"],
      env: [{ name: "A", value: "1" }],
      workingDir: "/w",
      volumeMounts: [{ name: "v", mountPath: "/data", subPath: "a/b", readOnly: true }],
      securityContext: { readOnlyRootFilesystem: true, runAsUser: 7 }
    })
    const plan = Result.getOrThrow(planContainer(pod, spec))
    assert.deepStrictEqual(plan.launch.argv, ["sh", "-c", "echo 1"])
    assert.strictEqual(plan.launch.workingDir, "/w")
    assert.strictEqual(plan.launch.user.uid, 7)
    assert.strictEqual(plan.launch.env.get("HOME"), "/")
    assert.strictEqual(plan.hostname, "p".repeat(63))
    assert.isTrue(plan.readOnlyRoot)
    assert.deepStrictEqual(plan.mounts, [{ volume: "v", subPath: "a/b", mountPath: "/data", readOnly: true }])
  })

  it("knows the one image that has an entrypoint", () => {
    const spec = { name: "main", image: "local-cluster.invalid/entrypoint", args: ["echo", "x"] }
    assert.deepStrictEqual(Result.getOrThrow(planContainer(pod, spec)).launch.argv, ["/usr/bin/env", "echo", "x"])
  })

  const refused: ReadonlyArray<readonly [string, Parameters<typeof planContainer>[1], string, RegExp]> = [
    ["no command", { name: "main", image: "busybox" }, "CreateContainerError", /^no command specified/],
    ["another kind of volume", mounts({ name: "c", mountPath: "/c" }), "ContainerCreating", /only emptyDir/],
    [
      "a way out of a volume",
      mounts({ name: "v", mountPath: "/v", subPath: "a/../.." }),
      "CreateContainerConfigError",
      /'\.\.'/
    ],
    [
      "a value that is not there",
      container("main", { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "x" } } }] }),
      "CreateContainerConfigError",
      /^configmap "x" not found$/
    ]
  ]
  for (const [what, spec, reason, message] of refused) {
    it(`says why there can be none: ${what}`, () => {
      const plan = planContainer(pod, spec)
      if (Result.isSuccess(plan)) return assert.fail("it is planned")
      assert.strictEqual(plan.failure.reason, reason)
      assert.match(plan.failure.message, message)
    })
  }
})
