import { assert, describe, it } from "@effect/vitest"
import { age, objectTable, podStatusWord, wantsTable } from "../../src/api/ObjectTable.ts"

const pod = (status: object, spec: object = {}, deletionTimestamp?: string) => ({
  metadata: {
    name: "p",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp })
  },
  spec: { containers: [{ name: "main" }], ...spec },
  status
})
const running = { name: "main", ready: true, state: { running: {} } }
const ended = (reason: string, exitCode: number) => ({ name: "main", state: { terminated: { reason, exitCode } } })

describe("podStatusWord", () => {
  const table: ReadonlyArray<readonly [string, ReturnType<typeof pod>]> = [
    ["Pending", pod({ phase: "Pending" })],
    [
      "ContainerCreating",
      pod({
        phase: "Pending",
        containerStatuses: [{ name: "main", state: { waiting: { reason: "ContainerCreating" } } }]
      })
    ],
    ["Running", pod({ phase: "Running", containerStatuses: [running] })],
    ["Completed", pod({ phase: "Succeeded", containerStatuses: [ended("Completed", 0)] })],
    ["Running", pod({ phase: "Running", containerStatuses: [ended("Completed", 0), { ...running, name: "files" }] })],
    ["Error", pod({ phase: "Failed", containerStatuses: [ended("Error", 1)] })],
    ["ExitCode:3", pod({ phase: "Failed", containerStatuses: [ended("", 3)] })],
    ["Evicted", pod({ phase: "Failed", reason: "Evicted" })],
    ["Terminating", pod({ phase: "Running", containerStatuses: [running] }, {}, "2026-01-01T00:00:00Z")],
    ["Init:0/1", pod({ phase: "Pending", initContainerStatuses: [{ name: "i", state: { running: {} } }] })],
    [
      "Init:Error",
      pod({
        phase: "Pending",
        initContainerStatuses: [{ name: "i", ...{ state: { terminated: { reason: "Error", exitCode: 1 } } } }]
      })
    ],
    [
      "Init:ImagePullBackOff",
      pod({
        phase: "Pending",
        initContainerStatuses: [{ name: "i", state: { waiting: { reason: "ImagePullBackOff" } } }]
      })
    ]
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
      [pod({ phase: "Running", podIP: "127.0.0.1", containerStatuses: [running] })],
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
