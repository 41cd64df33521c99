/**
 * Every field of the 1.35 API, and any choice of them in any layer, makes a pod that a real API
 * server accepts.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { buildPod, decodeRunnerProperties, type Json, type JsonObject, type PodPlan } from "@podwright/spec-builder"
import { Arbitrary, Effect, Result } from "effect"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { type DryRun, startDryRun } from "../src/generated/DryRun.ts"
import { CONTAINER_SAMPLES, type FieldSample, POD_SAMPLES, RUNTIME_CLASS } from "../src/generated/FieldSamples.ts"
import { type GeneratedSpec, generatedSpec } from "../src/generated/GeneratedSpecs.ts"
import type { OpenApi } from "../src/generated/PodFields.ts"

const { kubeconfig } = clusterFromEnvironment()

/** A spec takes 5 ms, so all of them take 2.5 s. */
const GENERATED = 500

const runtimeClass = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: RUNTIME_CLASS } }

let server: DryRun
let schemas: OpenApi["components"]["schemas"]

beforeAll(async () => {
  const object = { ...runtimeClass, handler: "runc", overhead: { podFixed: { cpu: "10m" } } }
  await kubectl(kubeconfig, ["apply", "-f", "-"], JSON.stringify(object))
  schemas = JSON.parse((await kubectl(kubeconfig, ["get", "--raw", "/openapi/v3/api/v1"])).stdout).components.schemas
  server = await startDryRun(kubeconfig)
})
afterAll(async () => {
  await server.stop()
  await kubectl(kubeconfig, ["delete", "runtimeclass", RUNTIME_CLASS])
})

const GATE: GeneratedSpec["task"] = {
  command: { _tag: "Commands", interpreter: ["/bin/sh", "-c"], beforeCommands: [], commands: ["true"], failFast: true },
  env: {},
  hasInputs: true,
  wantsOutputs: true
}

const planOf = (properties: JsonObject, task = GATE): PodPlan => {
  const identity = { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 }
  const runner = Result.getOrThrow(decodeRunnerProperties(properties))
  return Result.getOrThrow(buildPod({ identity, image: "busybox", ...task }, runner))
}

/**
 * Whether everything in `part` is in `whole` too; the server adds defaults and orders nothing anew.
 */
const isWithin = (part: Json, whole: unknown): boolean => {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.every((one) => whole.some((other) => isWithin(one, other)))
  // The server stores `false` and 0 by leaving the field out, where that is the default.
  if (part === false || part === 0) return (whole ?? part) === part
  if (typeof part !== "object" || part === null) return part === whole
  return Object.entries(part).every(([key, one]) => isWithin(one, Object(whole)[key]))
}

interface Containers {
  readonly containers: ReadonlyArray<JsonObject>
}

describe("every field of the API", () => {
  const publishedFields = (name: string) => Object.keys(schemas[`io.k8s.api.core.v1.${name}`]?.properties ?? {}).sort()

  it("has its sample", () => {
    assert.deepStrictEqual(Object.keys(POD_SAMPLES).sort(), publishedFields("PodSpec"))
    assert.deepStrictEqual(Object.keys(CONTAINER_SAMPLES).sort(), publishedFields("Container"))
  })

  const accepted = async (plan: PodPlan) => {
    const answer = await server.create(plan.manifest)
    if (answer._tag === "Refused") throw new Error(answer.message)
    return answer.pod.spec
  }

  const value = (field: string, given: Json): JsonObject => ({ [field]: given })

  for (const [field, sample] of Object.entries(POD_SAMPLES)) {
    it(`podSpec.${field}`, async () => {
      for (const given of sample.values) {
        const plan = planOf({ podSpec: { ...sample.beside, [field]: given } })
        if (sample.refused !== undefined) {
          const answer = await server.create(plan.manifest)
          assert.match(answer._tag === "Refused" ? answer.message : "", sample.refused)
          continue
        }
        const spec = await accepted(plan)
        assert.isTrue(isWithin(value(field, given), plan.manifest.spec), JSON.stringify(plan.manifest.spec[field]))
        if (sample.dropped === true) assert.isUndefined(spec[field])
        else assert.isTrue(isWithin(value(field, given), spec), JSON.stringify(spec[field]))
      }
    })
  }

  const container = (plan: PodPlan | Containers, name: string): JsonObject | undefined =>
    ("manifest" in plan ? plan.manifest.spec.containers : plan.containers).find((one) => one["name"] === name)

  /** Where a field of a container can be said, and which containers must have it then. */
  type Place = readonly [
    name: string,
    properties: (fields: JsonObject, pod: JsonObject) => JsonObject,
    containers: ReadonlyArray<string>
  ]
  const user = { name: "user", image: "busybox" }
  const places: ReadonlyArray<Place> = [
    ["containerSpec", (fields, podSpec) => ({ containerSpec: fields, podSpec }), ["main"]],
    [
      "main in podSpec",
      (fields, pod) => ({ podSpec: { ...pod, containers: [{ ...fields, name: "main" }] } }),
      ["main"]
    ],
    [
      "containerDefaultSpec",
      (fields, pod) => ({ containerDefaultSpec: fields, podSpec: { ...pod, containers: [user] } }),
      ["main", "files", "user"]
    ],
    ["fileSideCarSpec", (fields, podSpec) => ({ fileSideCarSpec: fields, podSpec }), ["files"]],
    ["fileSidecar.defaultSpec", (fields, podSpec) => ({ fileSidecar: { defaultSpec: fields }, podSpec }), ["files"]]
  ]
  const own: ReadonlyArray<Place> = [
    [
      "a container of the user's",
      (fields, pod) => ({ podSpec: { ...pod, containers: [{ ...user, restartPolicy: "Never", ...fields }] } }),
      ["user"]
    ]
  ]
  const check = async (field: string, sample: FieldSample, [, properties, containers]: Place) => {
    for (const given of sample.values) {
      const plan = planOf(properties(value(field, given), sample.beside ?? {}))
      const spec = await accepted(plan)
      for (const name of containers) {
        const found = field === "name" ? String(given) : name
        for (const pod of [plan, spec as unknown as Containers]) {
          assert.isTrue(
            isWithin(value(field, given), container(pod, found)),
            `${name}: ${JSON.stringify(container(pod, found))}`
          )
        }
      }
    }
  }
  for (const [field, sample] of Object.entries(CONTAINER_SAMPLES)) {
    for (const place of sample.usersOnly === true ? own : [...places, ...own]) {
      it(`${place[0]}: ${field}`, () => check(field, sample, place))
    }
  }
})

describe("generated specs", () => {
  it(`${GENERATED} of them make pods that the server takes`, async () => {
    const specs = await Effect.runPromise(Arbitrary.sampleEffect(generatedSpec, { count: GENERATED }))
    const failures: Array<string> = []
    const shapes = new Map<string, number>()
    for (const { properties, task } of specs) {
      const plan = planOf(properties, task)
      shapes.set(plan.shape, (shapes.get(plan.shape) ?? 0) + 1)
      const answer = await server.create(plan.manifest)
      if (answer._tag === "Refused") failures.push(`${answer.message}\n${JSON.stringify(properties)}`)
    }
    assert.strictEqual(specs.length, GENERATED)
    assert.deepStrictEqual(Array.from(shapes.keys()).sort(), ["bare", "gate", "init"])
    assert.deepStrictEqual(failures, [], `${failures.length} of ${GENERATED} were refused`)
  })
})
