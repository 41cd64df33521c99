/**
 * Merging specs and building pods, beside a copy of the very same values by JSON: as much as they
 * must at least touch.
 */
import { buildPod, decodeRunnerProperties, type JsonObject, mergeSpecs } from "@podwright/spec-builder"
import { Result } from "effect"
import { test } from "vitest"
import { benchValues, oneKibibyte } from "../src/BenchTask.ts"
import { inTurns } from "../src/Turns.ts"

/** A container's layers as a team has them: defaults of a platform, of a team, and of one task. */
const layers: ReadonlyArray<JsonObject> = [
  {
    name: "main",
    image: "busybox",
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
    env: [{ name: "A", value: "1" }],
    volumeMounts: [{ name: "podwright", mountPath: "/podwright" }]
  },
  {
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" }
    },
    env: Array.from({ length: 10 }, (_, index) => ({ name: `TEAM_${index}`, value: String(index) })),
    volumeMounts: [{ name: "cache", mountPath: "/cache", readOnly: true }],
    resources: { limits: { memory: "1Gi" } }
  },
  {
    image: "alpine:3",
    command: ["sh", "-c", "echo"],
    env: [
      { name: "A", value: "2" },
      { name: "TEAM_3", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }
    ],
    resources: { requests: { cpu: "2" }, limits: { memory: "4Gi" } },
    ports: [{ containerPort: 80 }]
  }
]

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const CALLS = 100

const repeated = (one: () => unknown) => () => {
  for (let call = 0; call < CALLS; call++) one()
}

test("three layers of a container merged", (context) =>
  inTurns(context, "merges", CALLS, [
    { name: "podwright", async: false, run: repeated(() => mergeSpecs(...layers)) },
    { name: "the layers copied by JSON", async: false, run: repeated(() => copy(layers)) }
  ]))

test("a pod built, gate shape with files", (context) => {
  const task = benchValues(oneKibibyte, "micro")
  const [, team] = layers
  const runner = Result.getOrThrow(decodeRunnerProperties({ containerDefaultSpec: team, podSpec: { tolerations: [] } }))
  const build = () => Result.getOrThrow(buildPod(task, runner))
  const { manifest } = build()
  return inTurns(context, "pods", CALLS, [
    { name: "podwright", async: false, run: repeated(build) },
    { name: "the pod copied by JSON", async: false, run: repeated(() => copy(manifest)) }
  ])
})
