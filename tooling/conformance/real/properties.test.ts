/**
 * Every property of the runner, from a file to a pod that runs: is it parsed, is a wrong value
 * refused, does it reach the manifest, is it seen in the live pod? Prints the table.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  buildPod,
  decodeRunnerProperties,
  type Json,
  type JsonObject,
  PACKAGE_VERSION,
  runnerReference
} from "@podwright/spec-builder"
import { Result } from "effect"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { freshId, podwright, removeFolder, sharedFolder } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()

interface PodLike {
  readonly metadata: { readonly namespace?: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: Readonly<Record<string, unknown>>
}

/** A value at a path; `containers.main` is the container of that name. */
const at = (pod: PodLike, path: string): unknown =>
  path.split("/").reduce<unknown>((value, key) => {
    const entries: ReadonlyArray<unknown> = Array.isArray(value) ? value : []
    return Array.isArray(value) ? entries.find((one) => Object(one).name === key) : Object(value)[key]
  }, pod)

interface Row {
  readonly value: Json
  readonly wrong: Json
  /** Where the pod must have what; none: the property is the driver's. */
  readonly pod?: readonly [path: string, expected: unknown]
  /** What a property of the driver's is about, or why a pod with it is not run here. */
  readonly note?: string
  /** What shows it on the cluster, where that is not a field. */
  readonly seen?: string
}

const rows: Readonly<Record<string, Row>> = {
  config: { value: { masterUrl: "https://x" }, wrong: "x", note: "the driver's: connection.test.ts" },
  containerDefaultSpec: { value: { tty: true }, wrong: [], pod: ["spec/containers/user/tty", true] },
  containerSpec: {
    value: { terminationMessagePath: "/dev/message" },
    wrong: "x",
    pod: ["spec/containers/main/terminationMessagePath", "/dev/message"]
  },
  delete: { value: "false", wrong: "no", note: "the driver's", seen: "yes: the pod is left" },
  fileSideCarSpec: {
    value: { terminationMessagePolicy: "FallbackToLogsOnError" },
    wrong: 1,
    pod: ["spec/containers/files/terminationMessagePolicy", "FallbackToLogsOnError"]
  },
  fileSidecar: { value: { image: "ubuntu" }, wrong: { imgae: "x" }, pod: ["spec/containers/files/image", "ubuntu"] },
  "fileSidecar.image": { value: "ubuntu", wrong: "", pod: ["spec/containers/files/image", "ubuntu"] },
  "fileSidecar.resources": {
    value: { limits: { memory: "96Mi" } },
    wrong: { limts: {} },
    pod: ["spec/containers/files/resources/limits/memory", "96Mi"]
  },
  "fileSidecar.resources.requests": {
    value: { memory: "24Mi" },
    wrong: { memory: "1GB" },
    pod: ["spec/containers/files/resources/requests/memory", "24Mi"]
  },
  "fileSidecar.resources.limits": {
    value: { memory: "96Mi" },
    wrong: { memory: "1GB" },
    pod: ["spec/containers/files/resources/limits/memory", "96Mi"]
  },
  "fileSidecar.resources.claims": {
    value: [],
    wrong: {},
    pod: ["spec/containers/files/resources/claims", undefined],
    note: "an empty list: this node has no devices"
  },
  "fileSidecar.resources.request": {
    value: { cpu: "15m" },
    wrong: { cpu: "x" },
    pod: ["spec/containers/files/resources/requests/cpu", "15m"]
  },
  "fileSidecar.resources.limit": {
    value: { "ephemeral-storage": "1Gi" },
    wrong: "x",
    pod: ["spec/containers/files/resources/limits/ephemeral-storage", "1Gi"]
  },
  "fileSidecar.defaultSpec": { value: { stdin: true }, wrong: "x", pod: ["spec/containers/files/stdin", true] },
  labels: { value: { tier: 1 }, wrong: { tier: {} }, pod: ["metadata/labels/tier", "1"] },
  namespace: { value: LIMITED_NAMESPACE, wrong: "", pod: ["metadata/namespace", LIMITED_NAMESPACE] },
  nodeSelector: {
    value: { "kubernetes.io/os": "linux" },
    wrong: [],
    pod: ["spec/nodeSelector", { "kubernetes.io/os": "linux" }]
  },
  podSpec: {
    value: { subdomain: "sub", containers: [{ name: "user", image: "busybox", command: ["true"] }] },
    wrong: [],
    pod: ["spec/subdomain", "sub"]
  },
  pullPolicy: {
    value: "IF_NOT_PRESENT",
    wrong: "Always",
    pod: ["spec/containers/main/imagePullPolicy", "IfNotPresent"]
  },
  resources: {
    value: { request: { cpu: "20m" } },
    wrong: { cpu: 1 },
    pod: ["spec/containers/main/resources/requests/cpu", "20m"]
  },
  "resources.request": {
    value: { cpu: "20m" },
    wrong: { cpu: "fast" },
    pod: ["spec/containers/main/resources/requests/cpu", "20m"]
  },
  "resources.limit": {
    value: { memory: "64Mi" },
    wrong: { memory: "64MB" },
    pod: ["spec/containers/main/resources/limits/memory", "64Mi"]
  },
  resume: { value: "true", wrong: "maybe", note: "the driver's: adoption.test.ts" },
  serviceAccountName: { value: "default", wrong: "", pod: ["spec/serviceAccountName", "default"] },
  syncWorkingDirectory: { value: false, wrong: "x", note: "the driver's: it chooses what comes back" },
  version: { value: PACKAGE_VERSION, wrong: "999", note: "the reader's" },
  waitForLogs: { value: "PT20S", wrong: "soon", note: "the driver's" },
  waitUntilCompletion: { value: "1h30m", wrong: "PT0S", pod: ["spec/activeDeadlineSeconds", 300 + 5400 + 600] },
  waitUntilRunning: { value: "PT5M", wrong: "-5m", pod: ["spec/activeDeadlineSeconds", 300 + 5400 + 600] },
  onSpecChange: { value: "fail", wrong: "ask", note: "the driver's: adoption.test.ts" },
  logs: { value: "volume", wrong: "file", pod: ["spec/containers/files/name", "files"] },
  volume: {
    value: { sizeLimit: "64Mi" },
    wrong: { sizelimit: 1 },
    pod: ["spec/volumes/podwright/emptyDir/sizeLimit", "64Mi"]
  },
  "volume.sizeLimit": { value: "64Mi", wrong: "64MB", pod: ["spec/volumes/podwright/emptyDir/sizeLimit", "64Mi"] },
  "volume.medium": { value: "Memory", wrong: "Disk", pod: ["spec/volumes/podwright/emptyDir/medium", "Memory"] },
  transfer: { value: { maxDepth: "64" }, wrong: { maxdepth: 1 }, note: "the driver's" },
  "transfer.compression": { value: "gzip", wrong: "zstd", note: "the driver's: bytes on the wire" },
  "transfer.maxEntries": { value: 5000, wrong: 0, note: "the driver's: it refuses outputs" },
  "transfer.maxBytes": { value: "1Gi", wrong: "1GB", note: "the driver's: it refuses outputs" },
  "transfer.maxDepth": { value: "64", wrong: "deep", note: "the driver's: it refuses outputs" }
}

const nested = (name: string, value: Json): Json =>
  name.split(".").reduceRight<Json>((inner, key) => ({ [key]: inner }), value)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const joined = (left: Json | undefined, right: Json): Json =>
  isObject(left) && isObject(right)
    ? Object.fromEntries([
        ...Object.entries(left),
        ...Object.entries(right).map(([key, value]) => [key, joined(left[key], value)] as const)
      ])
    : right

/** One file that says all of it but what a run refuses. */
const together = (): Json =>
  Object.entries(rows)
    .filter(([name]) => name !== "config")
    .reduce<Json>((all, [name, { value }]) => joined(all, nested(name, value)), {})

const identity = { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 }

describe("properties of the runner", () => {
  const table: Array<Record<string, string>> = []
  let live: PodLike
  let manifest: PodLike

  beforeAll(async () => {
    const properties = together()
    const runner = Result.getOrThrow(decodeRunnerProperties(properties))
    const command = {
      _tag: "Commands",
      interpreter: ["sh", "-c"],
      beforeCommands: [],
      commands: ["true"],
      failFast: true
    } as const
    const task = { identity, image: "busybox", command, env: {}, hasInputs: false, wantsOutputs: false }
    manifest = Result.getOrThrow(buildPod(task, runner)).manifest
    const id = freshId("properties")
    const folder = await sharedFolder()
    const file = join(folder, "task.yaml")
    await writeFile(file, JSON.stringify({ id, image: "busybox", commands: ["true"], runner: properties }))
    const { code, stderr } = await podwright(cluster, ["run", file])
    assert.strictEqual(code, 0, stderr)
    const selector = `podwright.dev/flow-id=${id}`
    const args = ["get", "pods", "--namespace", LIMITED_NAMESPACE, "--selector", selector, "-o", "json"]
    const { items } = JSON.parse((await kubectl(cluster.kubeconfig, args)).stdout)
    assert.lengthOf(items, 1)
    live = items[0]
    await kubectl(cluster.kubeconfig, ["delete", "pods", "--namespace", LIMITED_NAMESPACE, "--selector", selector])
    return () => removeFolder(folder)
  })

  afterAll(() => {
    const widths = ["property", "parsed", "validated", "reaches the pod", "seen in the live pod"]
    const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
    const lines = [
      line(widths),
      line(widths.map(() => "---")),
      ...table.map((one) => line(widths.map((key) => one[key] ?? "")))
    ]
    process.stdout.write(`\n${lines.join("\n")}\n`)
  })

  it("are all of the schema's", () => {
    assert.deepStrictEqual(
      Object.keys(rows).sort(),
      runnerReference()
        .map(({ name }) => name)
        // most of a connection's fields are nothing without others: connection.test.ts has them
        .filter((name) => !name.startsWith("config."))
        .sort()
    )
  })

  for (const [name, { note, pod, seen, value, wrong }] of Object.entries(rows)) {
    it(name, () => {
      const parsed = Result.getOrThrow(decodeRunnerProperties(nested(name, value)))
      const found = name.split(".").reduce<unknown>((inner, key) => Object(inner)[key], parsed)
      assert.isDefined(found)
      const error = Result.getOrThrow(Result.flip(decodeRunnerProperties(nested(name, wrong))))
      assert.isTrue(
        error.issues.every(({ path }) => path.join(".").startsWith(name)),
        error.message
      )
      if (pod !== undefined) {
        const [path, expected] = pod
        assert.deepStrictEqual(at(manifest, path) ?? undefined, name.endsWith("claims") ? [] : expected)
        assert.deepStrictEqual(at(live, path) ?? undefined, expected)
      }
      const reached = pod === undefined ? (note ?? "") : `yes: ${pod[0].replaceAll("/", ".")}`
      table.push({
        property: name,
        parsed: "yes",
        validated: "yes",
        "reaches the pod": reached,
        "seen in the live pod": seen ?? (pod === undefined ? "–" : (note ?? "yes"))
      })
    })
  }
})
