import { assert, describe, it } from "@effect/vitest"
import { age, objectTable, podStatusWord, wantsTable } from "../../src/api/ObjectTable.ts"
import type { StoredPod } from "../../src/api/StoredObject.ts"
import type { ContainerStatus, PodStatus } from "../../src/contract/PodStatus.ts"

const pod = (status: PodStatus, deletionTimestamp?: string): StoredPod => ({
  metadata: {
    name: "p",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp })
  },
  spec: { containers: [{ name: "main" }] },
  status
})
const container = (name: string, state: ContainerStatus["state"], ready = false): ContainerStatus => ({
  name,
  state,
  lastState: {},
  ready,
  started: ready,
  restartCount: 0,
  image: "busybox",
  imageID: ""
})
const at = "2026-01-01T00:00:00Z"
const waiting = (name: string, reason: string) => container(name, { waiting: { reason } })
const running = (name: string) => container(name, { running: { startedAt: at } }, true)
const ended = (name: string, reason: string, exitCode: number) =>
  container(name, { terminated: { reason, exitCode, startedAt: at, finishedAt: at, containerID: "local://c1" } })

describe("podStatusWord", () => {
  const table: ReadonlyArray<readonly [string, StoredPod]> = [
    ["Pending", pod({ phase: "Pending" })],
    ["ContainerCreating", pod({ phase: "Pending", containerStatuses: [waiting("main", "ContainerCreating")] })],
    ["Running", pod({ phase: "Running", containerStatuses: [running("main")] })],
    ["Completed", pod({ phase: "Succeeded", containerStatuses: [ended("main", "Completed", 0)] })],
    ["Running", pod({ phase: "Running", containerStatuses: [ended("main", "Completed", 0), running("files")] })],
    ["Error", pod({ phase: "Failed", containerStatuses: [ended("main", "Error", 1)] })],
    ["ExitCode:3", pod({ phase: "Failed", containerStatuses: [ended("main", "", 3)] })],
    ["Evicted", pod({ phase: "Failed", reason: "Evicted" })],
    ["Terminating", pod({ phase: "Running", containerStatuses: [running("main")] }, at)],
    ["Init:0/1", pod({ phase: "Pending", initContainerStatuses: [running("i")] })],
    ["Init:Error", pod({ phase: "Pending", initContainerStatuses: [ended("i", "Error", 1)] })],
    ["Init:ImagePullBackOff", pod({ phase: "Pending", initContainerStatuses: [waiting("i", "ImagePullBackOff")] })]
  ]
  for (const [word, object] of table)
    it(`${word}: ${JSON.stringify(object.status)}`, () => assert.strictEqual(podStatusWord(object), word))
})

describe("age", () => {
  const now = Date.parse("2026-01-10T00:00:00Z")
  const table: ReadonlyArray<readonly [number, string]> = [
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [169, "2m49s"],
    [3600, "60m"],
    [3 * 3600 + 60, "3h1m"],
    [9 * 3600, "9h"],
    [50 * 3600, "2d"]
  ]
  for (const [seconds, expected] of table)
    it(expected, () => assert.strictEqual(age(new Date(now - seconds * 1000).toISOString(), now), expected))
})

describe("objectTable", () => {
  it("has kubectl's columns", () => {
    const table = objectTable(
      "pods",
      [pod({ phase: "Running", podIP: "127.0.0.1", containerStatuses: [running("main")] })],
      "7",
      Date.parse("2026-01-01T00:01:00Z")
    )
    const columns = table["columnDefinitions"] as ReadonlyArray<{ readonly name: string }>
    assert.deepStrictEqual(
      columns.map(({ name }) => name),
      ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node"]
    )
    const [row] = table["rows"] as ReadonlyArray<{ readonly cells: ReadonlyArray<unknown> }>
    assert.deepStrictEqual(row?.cells, ["p", "1/1", "Running", 0, "60s", "127.0.0.1", "<none>"])
  })
})

describe("wantsTable", () => {
  it("only where it is asked for first", () => {
    assert.isTrue(wantsTable("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"))
    assert.isFalse(wantsTable("application/json, application/json;as=Table;v=v1;g=meta.k8s.io"))
    assert.isFalse(wantsTable(undefined))
  })
})
