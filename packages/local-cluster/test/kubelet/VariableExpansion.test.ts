/**
 * `$(NAME)` and where values come from, after k8s.io/kubernetes
 * third_party/forked/golang/expansion/expand_test.go.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { containerEnvironment, expand } from "../../src/kubelet/VariableExpansion.ts"
import { container, kubeletPod } from "../support/pods.ts"

const values = new Map([
  ["VAR_A", "A"],
  ["VAR_B", "B"],
  ["VAR_C", "C"],
  ["VAR_REF", "$(VAR_A)"],
  ["VAR_EMPTY", ""]
])

describe("expand", () => {
  const cases: ReadonlyArray<readonly [text: string, expanded: string]> = [
    ["$(VAR_A)", "A"],
    ["___$(VAR_B)___", "___B___"],
    ["$(VAR_A)$(VAR_B)-$(VAR_C)", "AB-C"],
    ["$(VAR_REF)", "$(VAR_A)"],
    ["a$(VAR_EMPTY)b", "ab"],
    ["$(VAR_Z)", "$(VAR_Z)"],
    ["$$(VAR_A)", "$(VAR_A)"],
    ["$$$(VAR_A)", "$A"],
    ["$$$$(VAR_A)", "$$(VAR_A)"],
    ["$VAR_A", "$VAR_A"],
    ["${VAR_A}", "${VAR_A}"],
    ["$(VAR_A", "$(VAR_A"],
    ["$(VAR_A$(VAR_B)", "$(VAR_A$(VAR_B)"],
    ["$()", "$()"],
    ["$", "$"],
    ["a$$", "a$"],
    ["kill $$$$; echo $?", "kill $$; echo $?"],
    ["", ""]
  ]
  it.each(cases)("%s becomes %s", (text, expanded) => {
    assert.strictEqual(expand(text, values), expanded)
  })
})

describe("containerEnvironment", () => {
  const pod = kubeletPod({}, { labels: { "app/name": "x" }, annotations: { note: "n" } })
  const environment = (env: NonNullable<Parameters<typeof container>[1]>) =>
    containerEnvironment(pod, container("main", env), "/root")

  it("sets what runtimes set, and lets the pod override it", () => {
    const env = Result.getOrThrow(environment({ env: [{ name: "HOME", value: "/work" }] }))
    assert.deepStrictEqual(Object.fromEntries(env), {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOSTNAME: "hello",
      HOME: "/work"
    })
  })

  it("expands earlier variables, not later ones", () => {
    const env = Result.getOrThrow(
      environment({
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "$(A)-$(C)" },
          { name: "C", value: "2" }
        ]
      })
    )
    assert.strictEqual(env.get("B"), "1-$(C)")
  })

  const fields: ReadonlyArray<readonly [path: string, value: string]> = [
    ["metadata.name", "hello"],
    ["metadata.namespace", "team"],
    ["metadata.uid", "u1"],
    ["metadata.labels['app/name']", "x"],
    ["metadata.annotations['note']", "n"],
    ["metadata.annotations['absent']", ""],
    ["spec.nodeName", "local"],
    ["status.podIP", "127.0.0.1"],
    ["status.hostIP", "127.0.0.1"]
  ]
  it.each(fields)("takes %s from the pod", (fieldPath, value) => {
    const env = environment({ env: [{ name: "F", valueFrom: { fieldRef: { fieldPath } } }] })
    assert.strictEqual(Result.getOrThrow(env).get("F"), value)
  })

  const refused: ReadonlyArray<readonly [more: Parameters<typeof environment>[0], message: string]> = [
    [{ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s" } } }] }, 'secret "s" not found'],
    [{ env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "c" } } }] }, 'configmap "c" not found'],
    [{ envFrom: [{ configMapRef: { name: "c" } }] }, 'configmap "c" not found'],
    [{ envFrom: [{ secretRef: { name: "s" } }] }, 'secret "s" not found']
  ]
  it.each(refused)("says in the kubelet's words what there is not: %j", (more, message) => {
    assert.deepStrictEqual(environment(more), Result.fail(message))
  })

  it("leaves out what is optional", () => {
    const env = environment({
      env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", optional: true } } }],
      envFrom: [{ configMapRef: { name: "c", optional: true } }]
    })
    assert.isFalse(Result.getOrThrow(env).has("A"))
  })
})
