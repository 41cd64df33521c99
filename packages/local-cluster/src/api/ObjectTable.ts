/**
 * Objects as `kubectl get` shows them: a `Table` in the columns of a real server. Pure; the time is given, for ages.
 */

import type { KubeObject } from "../contract/Runtime.ts"
import type { ResourceName, StoredObject } from "./ObjectStore.ts"

interface Column {
  readonly name: string
  /** 1 is shown by `-o wide` only. */
  readonly priority?: 0 | 1
  readonly cell: (object: StoredObject, now: number) => string | number
}

/** An age as kubectl writes it: two units at most, seconds only below two minutes. */
export const age = (since: string | null | undefined, now: number): string => {
  if (!since) return "<unknown>"
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  return `${days}d`
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string }
  readonly running?: object
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number }
}

interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
}

interface PodView {
  readonly spec: {
    readonly nodeName?: string
    readonly containers: ReadonlyArray<{ readonly name: string }>
    readonly initContainers?: ReadonlyArray<{ readonly name: string; readonly restartPolicy?: string }>
  }
  readonly status: {
    readonly phase?: string
    readonly reason?: string
    readonly podIP?: string
    readonly containerStatuses?: ReadonlyArray<ContainerStatus>
    readonly initContainerStatuses?: ReadonlyArray<ContainerStatus>
  }
}

const endWord = ({ exitCode, reason, signal }: NonNullable<ContainerState["terminated"]>): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)

/** The word in the STATUS column, by the rules of the server's printer. */
export const podStatusWord = (object: StoredObject): string => {
  const pod = object as unknown as PodView
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name)
  )
  const inits = pod.status.initContainerStatuses ?? []
  let word = pod.status.reason || pod.status.phase || "Unknown"
  const position = inits.findIndex(({ name, started, state }) =>
    sidecars.has(name) ? started !== true : state?.terminated?.exitCode !== 0
  )
  const init = inits[position]
  if (init !== undefined && pod.status.phase === "Pending") {
    const { terminated, waiting } = init.state ?? {}
    if (terminated) word = `Init:${endWord(terminated)}`
    else if (waiting?.reason && waiting.reason !== "PodInitializing") word = `Init:${waiting.reason}`
    else word = `Init:${position}/${inits.length}`
  } else {
    let running = false
    for (const { ready, state = {} } of [...(pod.status.containerStatuses ?? [])].reverse()) {
      if (state.waiting?.reason) word = state.waiting.reason
      else if (state.terminated) word = endWord(state.terminated)
      else if (ready && state.running) running = true
    }
    if (word === "Completed" && running) word = "Running"
  }
  return object.metadata.deletionTimestamp === undefined || ["Failed", "Succeeded"].includes(pod.status.phase ?? "")
    ? word
    : "Terminating"
}

const name: Column = { name: "Name", cell: ({ metadata }) => metadata.name }
const created: Column = { name: "Age", cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) }
const statuses = (object: StoredObject) => (object as unknown as PodView).status.containerStatuses ?? []

interface EventView {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string
  readonly involvedObject: { readonly kind: string; readonly name: string }
}
const event = (object: StoredObject): EventView => object as unknown as EventView

const COLUMNS: Readonly<Record<ResourceName, ReadonlyArray<Column>>> = {
  pods: [
    name,
    {
      name: "Ready",
      cell: (pod) =>
        `${statuses(pod).filter(({ ready }) => ready).length}/${(pod as unknown as PodView).spec.containers.length}`
    },
    { name: "Status", cell: podStatusWord },
    { name: "Restarts", cell: (pod) => statuses(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0) },
    created,
    { name: "IP", priority: 1, cell: (pod) => (pod as unknown as PodView).status.podIP ?? "<none>" },
    { name: "Node", priority: 1, cell: (pod) => (pod as unknown as PodView).spec.nodeName ?? "<none>" }
  ],
  events: [
    { name: "Last Seen", cell: (object, now) => age(event(object).lastTimestamp, now) },
    { name: "Type", cell: (object) => event(object).type ?? "" },
    { name: "Reason", cell: (object) => event(object).reason ?? "" },
    {
      name: "Object",
      cell: (object) => `${event(object).involvedObject.kind.toLowerCase()}/${event(object).involvedObject.name}`
    },
    { name: "Message", cell: (object) => (event(object).message ?? "").trim() }
  ],
  namespaces: [name, { name: "Status", cell: () => "Active" }, created]
}

/** Whether a client's `Accept` header asks for a Table first, as `kubectl get` does. */
export const wantsTable = (accept: string | undefined): boolean => /^[^,]*;as=Table;v=v1;/.test(accept ?? "")

/** The Table of some objects. */
export const objectTable = (
  resource: ResourceName,
  objects: ReadonlyArray<StoredObject>,
  resourceVersion: string,
  now: number
): KubeObject => {
  const columns = COLUMNS[resource]
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion },
    columnDefinitions: columns.map((column) => ({
      name: column.name,
      type: "string",
      format: column.name === "Name" ? "name" : "",
      description: "",
      priority: column.priority ?? 0
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }
    }))
  }
}
