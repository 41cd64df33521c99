/**
 * Tasks that last until the test lets them end, so that its questions meanwhile may take any time.
 * They ask the cluster directly, never through faults.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { KubeError } from "@podwright/k8s-io"
import { type Cluster, LIMITED_NAMESPACE } from "./Cluster.ts"
import type { FaultyCluster } from "./Faults.ts"
import { start } from "./Podwright.ts"

/** Longer than anything here takes, also on a busy machine. */
const LONGEST_MS = 60_000

/** Waits until something is so; fails in words when that does not come to be. */
export const until = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const end = Date.now() + LONGEST_MS
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not come to be: ${what}`)
    await sleep(20)
  }
}

/** Of a flow's own: on an embedded cluster it lies on this machine. */
const signalFile = (flowId: string): string => `/tmp/podwright-go-${flowId}`

/** A command that goes on with `then` when `go` lets it. */
export const untilTold = (flowId: string, then: string): string =>
  `until [ -e ${signalFile(flowId)} ]; do sleep 0.2; done; rm -f ${signalFile(flowId)}; ${then}`

/** Main's words are here before the kubelet knows that it runs, and until then it takes no exec. */
export const go = (cluster: Cluster, flowId: string, namespace = LIMITED_NAMESPACE): Promise<void> =>
  until(async () => {
    const pods = await cluster.pods(`podwright.dev/flow-id=${flowId}`, namespace)
    const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const ends = await Promise.all(
      living.map(({ metadata }) =>
        cluster.command(metadata.name, ["touch", signalFile(flowId)], namespace).catch((error: unknown) => {
          if (error instanceof KubeError) return { _tag: "Refused" as const }
          throw error
        })
      )
    )
    return ends.some((end) => end._tag === "Exited" && end.code === 0)
  }, "main was told to go")

/**
 * Runs a task that waits for `go` behind faults, and lets it go when one has happened: however
 * short it is, it was not spared.
 */
export const runPastFault = async (
  cluster: Cluster,
  faulty: FaultyCluster,
  flowId: string,
  args: ReadonlyArray<string>
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> => {
  const invocation = start(faulty.cluster, args)
  let isOver = false
  const ended = invocation.ended.finally(() => {
    isOver = true
  })
  await until(() => isOver || faulty.proxy.fired().length > 0, "a fault")
  if (!isOver) await go(cluster, flowId)
  const { code } = await ended
  return { code, stdout: invocation.stdout().toString("utf8"), stderr: invocation.stderr() }
}
