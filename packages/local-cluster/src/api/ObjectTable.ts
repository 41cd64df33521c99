/**
 * Objects as `kubectl get` shows them: a `Table` in the columns of a real server. Pure; the time is
 * given, for ages.
 */

import type { TerminatedState } from "../contract/PodStatus.ts"
import type { KubeObject } from "../contract/Runtime.ts"
import type { ResourceName, StoredObject, StoredPod } from "./StoredObject.ts"

interface Column<R extends ResourceName = ResourceName> {
  readonly name: string
  /** 1 is shown by `-o wide` only. */
  readonly priority?: 0 | 1
  readonly cell: (object: StoredObject<R>, now: number) => string | number
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

const endWord = ({ exitCode, reason }: TerminatedState): string => reason || `ExitCode:${exitCode}`

/** The word in the STATUS column, by the rules of the server's printer. */
export const podStatusWord = ({ metadata, spec, status }: StoredPod): string => {
  const sidecars = new Set(
    (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name)
  )
  const inits = status.initContainerStatuses ?? []
  let word = status.reason || status.phase
  const position = inits.findIndex(({ name, started, state }) =>
    sidecars.has(name) ? started !== true : state.terminated?.exitCode !== 0
  )
  const init = inits[position]
  if (init !== undefined && status.phase === "Pending") {
    const { terminated, waiting } = init.state
    if (terminated) word = `Init:${endWord(terminated)}`
    else if (waiting !== undefined && waiting.reason !== "PodInitializing") word = `Init:${waiting.reason}`
    else word = `Init:${position}/${inits.length}`
  } else {
    let running = false
    for (const { ready, state } of [...(status.containerStatuses ?? [])].reverse()) {
      if (state.waiting) word = state.waiting.reason
      else if (state.terminated) word = endWord(state.terminated)
      else if (ready && state.running) running = true
    }
    if (word === "Completed" && running) word = "Running"
  }
  return metadata.deletionTimestamp === undefined || ["Failed", "Succeeded"].includes(status.phase)
    ? word
    : "Terminating"
}

const name: Column = { name: "Name", cell: ({ metadata }) => metadata.name }
const created: Column = { name: "Age", cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) }
const statuses = ({ status }: StoredPod) => status.containerStatuses ?? []

const COLUMNS: { readonly [R in ResourceName]: ReadonlyArray<Column<R>> } = {
  pods: [
    name,
    {
      name: "Ready",
      cell: (pod) => `${statuses(pod).filter(({ ready }) => ready).length}/${pod.spec.containers.length}`
    },
    { name: "Status", cell: podStatusWord },
    { name: "Restarts", cell: (pod) => statuses(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0) },
    created,
    { name: "IP", priority: 1, cell: (pod) => pod.status.podIP ?? "<none>" },
    { name: "Node", priority: 1, cell: (pod) => pod.spec.nodeName ?? "<none>" }
  ],
  events: [
    { name: "Last Seen", cell: (event, now) => age(event.lastTimestamp, now) },
    { name: "Type", cell: (event) => event.type },
    { name: "Reason", cell: (event) => event.reason },
    {
      name: "Object",
      cell: (event) => `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`
    },
    { name: "Message", cell: (event) => event.message.trim() }
  ],
  namespaces: [name, { name: "Status", cell: () => "Active" }, created]
}

/** Whether a client's `Accept` header asks for a Table first, as `kubectl get` does. */
export const wantsTable = (accept: string | undefined): boolean => /^[^,]*;as=Table;v=v1;/.test(accept ?? "")

/** The Table of some objects. */
export const objectTable = <R extends ResourceName>(
  resource: R,
  objects: ReadonlyArray<StoredObject<R>>,
  resourceVersion: string,
  now: number
): KubeObject => {
  const columns: ReadonlyArray<Column<R>> = COLUMNS[resource]
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
