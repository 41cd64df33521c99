/**
 * How fast the embedded cluster is: a pod that does nothing, from POST to a watch that shows its
 * end, alone and 300 at once, beside the start of a bare process by Node in the same run; and what
 * the cluster costs when nothing happens.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { KubeConnection } from "@podwright/k8s-io"
import { LocalCluster } from "@podwright/local-cluster"
import { Effect, Random, type Scope } from "effect"
import { makeRawClient, type RawClient } from "./RawClient.ts"
import type { Comparison } from "./Report.ts"
import { markdownTable, type Summary, summarise } from "./Statistics.ts"

export interface LocalPodFigures {
  /** Milliseconds to start and end `true` as a child of Node: the reference. */
  readonly process: Summary
  /** Milliseconds from POST to the watch that shows main's end. */
  readonly pod: Summary
  readonly burst: { readonly pods: number; readonly milliseconds: number }
  /** Processor time per second of a cluster that has nothing to do, and memory after all of it. */
  readonly idle: { readonly cpuMilliseconds: number; readonly rssMiB: number }
}

/** As many as the embedded cluster is to run at once. */
const BURST = 300
/**
 * Idle cost is averaged over this long, after as long a rest for what the burst leaves to collect.
 */
const IDLE_SECONDS = 5

/** How long an effect takes, in milliseconds. */
const elapsed = <R>(work: Effect.Effect<unknown, never, R>): Effect.Effect<number, never, R> =>
  Effect.gen(function* () {
    const begin = performance.now()
    yield* work
    return performance.now() - begin
  })

const bareProcess = elapsed(Effect.promise(() => once(spawn("true", { stdio: "ignore" }), "exit")))

/** Completes when the pod's one container has ended; listens at once, not when it is run. */
const ended = (client: RawClient, name: string): Effect.Effect<void> => {
  const end = new Promise<void>((resolve) => {
    const stop = client.onPod(name, (pod) => {
      if (pod?.status?.containerStatuses?.[0]?.state?.terminated === undefined) return
      stop()
      resolve()
    })
  })
  return Effect.promise(() => end)
}

const runPod = Effect.fnUntraced(function* (client: RawClient, name: string) {
  const spec = { restartPolicy: "Never", containers: [{ name: "main", image: "none", command: ["true"] }] }
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec }
  const end = ended(client, name)
  return yield* elapsed(Effect.andThen(client.send("POST", `/api/v1/namespaces/${client.namespace}/pods`, body), end))
})

const measure = Effect.fnUntraced(function* (client: RawClient, runs: number) {
  const processes: Array<number> = []
  const pods: Array<number> = []
  // The first of each warms caches and connections and is not counted.
  for (let run = 0; run <= runs; run++) {
    const turns = yield* Random.shuffle([
      { take: bareProcess, samples: processes },
      { take: runPod(client, `one-${run}`), samples: pods }
    ])
    for (const { samples, take } of turns) {
      const taken = yield* take
      if (run > 0) samples.push(taken)
    }
  }
  const all = Array.from({ length: BURST }, (_, index) => runPod(client, `burst-${index}`))
  const milliseconds = yield* elapsed(Effect.all(all, { concurrency: "unbounded", discard: true }))
  yield* Effect.sleep(IDLE_SECONDS * 1000)
  const before = process.cpuUsage()
  yield* Effect.sleep(IDLE_SECONDS * 1000)
  const { system, user } = process.cpuUsage(before)
  const figures: LocalPodFigures = {
    process: summarise(processes),
    pod: summarise(pods),
    burst: { pods: BURST, milliseconds },
    idle: {
      cpuMilliseconds: (system + user) / 1000 / IDLE_SECONDS,
      rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024)
    }
  }
  return figures
})

/**
 * Starts a cluster in this process and measures it; bench and cluster share the processor and the
 * memory told of.
 */
export const measureLocalPods = Effect.fn("LocalPods.measure")(function* (
  runs: number
): Effect.fn.Return<LocalPodFigures, never, Scope.Scope> {
  const cluster = yield* Effect.orDie(LocalCluster.start())
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const kubeconfig = join(folder, "kubeconfig")
  yield* Effect.promise(() => writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 }))
  const client = yield* makeRawClient.pipe(Effect.provide(KubeConnection.layer({ kubeconfig })), Effect.orDie)
  return yield* measure(client, runs)
})

/** The ratio is to the bare process. */
export const localPodTables = ({ burst, idle, pod, process }: LocalPodFigures): string => {
  const row = (name: string, { max, median, min, p95 }: Summary) => [
    name,
    ...[min, median, p95, max].map((value) => value.toFixed(1)),
    (median / process.median).toFixed(1)
  ]
  const table = markdownTable(
    ["ms", "min", "median", "p95", "max", "ratio"],
    [row("a bare process, start to end", process), row("**a pod, POST to its end in a watch**", pod)]
  )
  const each = burst.milliseconds / burst.pods
  return `${table}\n\n${burst.pods} pods at once: ${(burst.milliseconds / 1000).toFixed(2)} s, ${each.toFixed(1)} ms each. Idle: ${idle.cpuMilliseconds.toFixed(2)} ms of processor time a second; ${idle.rssMiB} MiB with the bench itself.`
}

export const localPodComparisons = ({ pod, process }: LocalPodFigures): ReadonlyArray<Comparison> => [
  {
    what: "a pod on the embedded cluster, POST to end",
    reference: "a bare process",
    speed: process.median / pod.median
  }
]
