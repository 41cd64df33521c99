/**
 * What `podwright ps` prints of each task's pod. Pure. The keys of the JSON form are an interface
 * that scripts read.
 */
import type { PodDriver, TaskPod } from "@podwright/runner"
import { escapeText } from "@podwright/spec-builder"
import { describeAge } from "../../report/TextReport.ts"

const NONE = "-"

const ago = (time: number, now: number) => `${describeAge(Math.max(0, now - time))} ago`

const describeDriver = (driver: PodDriver, now: number): string => {
  switch (driver._tag) {
    case "Driven":
      return `${driver.host}/${driver.pid}, renewed ${ago(driver.renewedAt, now)}`
    case "Abandoned":
      return `abandoned by ${driver.host}/${driver.pid}, renewed ${ago(driver.renewedAt, now)}`
    case "NeverRenewed":
      return `${driver.host}/${driver.pid}, never renewed its lease`
    case "Released":
      return `released ${ago(driver.releasedAt, now)}`
    case "Unknown":
      return NONE
  }
}

const describeState = ({ exitCode, state }: TaskPod): string =>
  state === "failed" && exitCode !== undefined ? `failed (${exitCode})` : state

interface Column {
  readonly title: string
  readonly of: (pod: TaskPod, now: number) => string
}

const NAMESPACE: Column = { title: "NAMESPACE", of: ({ namespace }) => namespace }

const COLUMNS: ReadonlyArray<Column> = [
  { title: "EXECUTION", of: ({ executionId }) => executionId },
  { title: "TASK", of: ({ flowId, taskId }) => (flowId === taskId ? taskId : `${flowId}/${taskId}`) },
  { title: "ATTEMPT", of: ({ attempt }) => String(attempt) },
  { title: "STATE", of: describeState },
  {
    title: "AGE",
    of: ({ createdAt }, now) => (createdAt === undefined ? NONE : describeAge(Math.max(0, now - createdAt)))
  },
  { title: "NODE", of: ({ node }) => node ?? NONE },
  { title: "DRIVER", of: ({ driver }, now) => describeDriver(driver, now) },
  { title: "REASON", of: ({ reason }) => reason ?? NONE }
]

/** Of the columns but the last, so that lines under each other are a table. */
export type TableWidths = ReadonlyArray<number>

const columnsOf = (allNamespaces: boolean) => (allNamespaces ? [NAMESPACE, ...COLUMNS] : COLUMNS)

const line = (cells: ReadonlyArray<string>, widths: TableWidths): string =>
  `${cells.map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ")}\n`

/** A table of pods: a line of titles, and one for each pod; rows that come later fit the widths. */
export const podTable = (pods: ReadonlyArray<TaskPod>, now: number, allNamespaces: boolean) => {
  const columns = columnsOf(allNamespaces)
  // What pods and servers say must neither end a line nor reach the terminal as controls.
  const cells = (pod: TaskPod) => columns.map(({ of }) => escapeText(of(pod, now)))
  const rows = [columns.map(({ title }) => title), ...pods.map(cells)]
  const widths: TableWidths = columns.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0)
  )
  return { text: rows.map((row) => line(row, widths)).join(""), widths }
}

/** One more row of a table that is printed already. */
export const podRow = (pod: TaskPod, now: number, allNamespaces: boolean, widths: TableWidths): string =>
  line(
    columnsOf(allNamespaces).map(({ of }) => escapeText(of(pod, now))),
    widths
  )

const iso = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString())

const driverJson = (driver: PodDriver): object => ({
  state: driver._tag,
  host: "host" in driver ? driver.host : null,
  pid: "pid" in driver ? driver.pid : null,
  renewedAt: "renewedAt" in driver ? iso(driver.renewedAt) : null,
  releasedAt: "releasedAt" in driver ? iso(driver.releasedAt) : null
})

/** A pod for scripts. */
export const podJson = (pod: TaskPod, now: number): object => ({
  executionId: pod.executionId,
  flowId: pod.flowId,
  taskId: pod.taskId,
  taskRunId: pod.taskRunId,
  attempt: pod.attempt,
  state: pod.state,
  exitCode: pod.exitCode ?? null,
  namespace: pod.namespace,
  pod: pod.pod,
  uid: pod.uid,
  node: pod.node ?? null,
  createdAt: iso(pod.createdAt),
  ageSeconds: pod.createdAt === undefined ? null : Math.max(0, now - pod.createdAt) / 1000,
  driver: driverJson(pod.driver),
  reason: pod.reason ?? null,
  remedy: pod.remedy ?? null
})
