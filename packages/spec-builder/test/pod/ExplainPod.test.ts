import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { formatPath } from "../../src/error/SpecError.ts"
import type { FieldOrigin } from "../../src/merge/Traced.ts"
import { buildPod, explainPod } from "../../src/pod/PodBuilder.ts"
import { failure, plan, runner, task } from "../fixtures.ts"

const explain = (properties: unknown, values = task()) => Result.getOrThrow(explainPod(values, runner(properties)))

const fieldsOf = (properties: unknown, values = task()): ReadonlyMap<string, FieldOrigin> =>
  new Map(explain(properties, values).fields.map((field) => [formatPath(field.path), field]))

const origin = (properties: unknown, path: string, values = task()) => {
  const field = fieldsOf(properties, values).get(path)
  return field === undefined
    ? undefined
    : [field.value, field.from, ...field.overrode.map((one) => [one.from, one.value])]
}

/** In the gate shape `files` is the first container and `main` the second. */
const MAIN = "spec.containers[1]"
const FILES = "spec.containers[0]"

type Row = readonly [name: string, properties: unknown, path: string, expected: unknown]

const rows: ReadonlyArray<Row> = [
  ["a default of ours", {}, `${MAIN}.imagePullPolicy`, ["Always", "podwright's default"]],
  ["the protocol", {}, `${FILES}.volumeMounts[0].mountPath`, ["/podwright", "podwright's protocol"]],
  ["the task", {}, `${MAIN}.image`, ["alpine", "task.image"]],
  [
    "every layer that set a field, oldest first",
    {
      containerDefaultSpec: { tty: false },
      podSpec: {
        containers: [
          { name: "x", image: "x" },
          { name: "main", tty: true }
        ]
      },
      containerSpec: { tty: false }
    },
    `${MAIN}.tty`,
    [false, "containerSpec", ["containerDefaultSpec", false], ["podSpec.containers[1]", true]]
  ],
  [
    "a named property over a fragment",
    { containerSpec: { resources: { limits: { memory: "1Gi" } } }, resources: { limit: { memory: "2Gi" } } },
    `${MAIN}.resources.limits.memory`,
    ["2Gi", "resources", ["containerSpec", "1Gi"]]
  ],
  [
    "a variable that another replaces whole",
    { containerDefaultSpec: { env: [{ name: "A", value: "1" }] }, containerSpec: { env: [{ name: "A", value: "2" }] } },
    `${MAIN}.env[2]`,
    [{ name: "A", value: "2" }, "containerSpec", ["containerDefaultSpec", { name: "A", value: "1" }]]
  ],
  [
    "a list that another replaces",
    { containerDefaultSpec: { securityContext: { capabilities: { drop: ["NET_RAW"] } } } },
    `${FILES}.securityContext.capabilities.drop`,
    [["NET_RAW"], "containerDefaultSpec", ["podwright's default", ["ALL"]]]
  ],
  [
    "the helper's own layers",
    { fileSidecar: { defaultSpec: { tty: true } }, fileSideCarSpec: { tty: false } },
    `${FILES}.tty`,
    [false, "fileSideCarSpec", ["fileSidecar.defaultSpec", true]]
  ],
  [
    "the helper's image",
    { fileSidecar: { image: "x" } },
    `${FILES}.image`,
    ["x", "fileSidecar.image", ["podwright's default", "busybox"]]
  ],
  ["a field of the pod", { podSpec: { hostNetwork: true } }, "spec.hostNetwork", [true, "podSpec"]],
  ["the deadline", {}, "spec.activeDeadlineSeconds", [4800, "waitUntilRunning + waitUntilCompletion"]],
  ["the volume", { volume: { medium: "Memory" } }, "spec.volumes[0].emptyDir.medium", ["Memory", "volume"]],
  [
    "a label that is ours",
    { labels: { "podwright.dev/task-id": "mine" } },
    "metadata.labels.podwright.dev/task-id",
    ["hello", "task.identity", ["labels", "mine"]]
  ],
  [
    "what was taken away is no field",
    { containerSpec: { imagePullPolicy: null } },
    `${MAIN}.imagePullPolicy`,
    undefined
  ]
]

describe("explainPod", () => {
  for (const [name, properties, path, expected] of rows) {
    it(`tells of ${name}`, () => {
      assert.deepStrictEqual(origin(properties, path), expected)
    })
  }

  it("has the plan that buildPod gives", () => {
    assert.deepStrictEqual(explain({ podSpec: { priority: 1 } }).plan, plan(task(), { podSpec: { priority: 1 } }))
  })

  it("tells of every value in the manifest, and of nothing else", () => {
    const { fields, plan: found } = explain({ containerDefaultSpec: { env: [{ name: "A", value: "1" }], tty: true } })
    const leaves = (value: unknown, path: ReadonlyArray<string | number>): ReadonlyArray<string> => {
      if (typeof value !== "object" || value === null) return [formatPath(path)]
      const inner = Array.isArray(value)
        ? value.flatMap((one, index) => leaves(one, [...path, index]))
        : Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]))
      return inner.length === 0 ? [formatPath(path)] : inner
    }
    const isLeaf = ({ value }: FieldOrigin) =>
      typeof value !== "object" || value === null || Object.keys(value).length === 0
    const told = fields.filter(isLeaf).map((field) => formatPath(field.path))
    assert.deepStrictEqual(told, leaves(found.manifest, []))
    assert.isFalse(fields.some((field) => field.from === ""))
  })

  it("fails as buildPod fails", () => {
    const properties = { podSpec: { restartPolicy: "Always" } }
    assert.deepStrictEqual(
      Result.getOrThrow(Result.flip(explainPod(task(), runner(properties)))),
      failure(task(), properties)
    )
  })

  it("orders keys alike, whatever order they were written in; a name leads", () => {
    const one = buildPod(task(), runner({ podSpec: { hostNetwork: true, containers: [{ image: "x", name: "x" }] } }))
    const other = buildPod(task(), runner({ podSpec: { containers: [{ name: "x", image: "x" }], hostNetwork: true } }))
    assert.strictEqual(JSON.stringify(one), JSON.stringify(other))
    const { spec } = Result.getOrThrow(one).manifest
    assert.deepStrictEqual(Object.keys(spec.containers[0] ?? {}).slice(0, 2), ["name", "command"])
    for (const container of spec.containers) assert.strictEqual(Object.keys(container)[0], "name")
    assert.deepStrictEqual(Object.keys(spec), Object.keys(spec).sort())
  })
})
