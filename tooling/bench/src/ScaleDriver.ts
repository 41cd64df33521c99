/**
 * One burst of runs from one process, as a program of its own so that memory, processor time and
 * sockets are the driver's alone: `ScaleDriver.ts podwright|raw RUNS PREFIX` on the cluster of
 * KUBECONFIG. Prints its figures as one line of JSON.
 */
import { subscribe } from "node:diagnostics_channel"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { type KubeConnection, kubeLayer } from "@podwright/k8s-io"
import { TaskRunner } from "@podwright/runner"
import { TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect, Layer, type Scope } from "effect"
import { benchRequest, hello } from "./BenchTask.ts"
import { makeRawClient } from "./RawClient.ts"
import { rawFollowed } from "./RawRun.ts"

export interface BurstFigures {
  /** From the first submit to the last result, pods' deletion asked for. */
  readonly seconds: number
  /** Of each run, from its submit, ms. */
  readonly runs: ReadonlyArray<number>
  /** Of the whole process. */
  readonly peakMiB: number
  /** What the process had before the burst, one run behind it. */
  readonly beforeMiB: number
  readonly cpuSeconds: number
  readonly requests: { readonly plain: number; readonly exec: number; readonly watch: number }
  /** The most TCP connections at a time. */
  readonly sockets: number
}

const counts = { plain: 0, exec: 0, watch: 0 }

const count = (path: string) => {
  if (/[?&]watch=/.test(path)) counts.watch += 1
  else if (path.includes("/exec?")) counts.exec += 1
  else counts.plain += 1
}

/** The runner's plain requests go by undici, execs and everything raw by Node's own client. */
const countRequests = () => {
  subscribe("undici:request:create", (message) => {
    const { request } = message as { readonly request: { readonly path: string } }
    count(request.path)
  })
  subscribe("http.client.request.start", (message) => {
    const { request } = message as { readonly request: { readonly path: string } }
    count(request.path)
  })
}

const MEBIBYTE = 1024 * 1024
/** Often enough to see a burst's sockets, seldom enough to cost nothing. */
const LOOK_MS = 50

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

const podwright = Effect.gen(function* () {
  const runner = yield* TaskRunner
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  return Effect.fnUntraced(function* (run: string) {
    const request = yield* benchRequest(hello, run, join(folder, run))
    let stdout = ""
    const result = yield* Effect.orDie(
      runner.run(request, (event) =>
        Effect.sync(() => {
          if (event._tag === "Log" && event.stream === "stdout") stdout += `${event.lines.join("\n")}\n`
        })
      )
    )
    if (result.state !== "SUCCESS" || stdout !== hello.stdout)
      return yield* Effect.die(new Error(`podwright gave a wrong result: ${stdout}${JSON.stringify(result)}`))
  })
})

const raw = Effect.map(Effect.orDie(makeRawClient), (client) => (run: string) => rawFollowed(client, hello, run))

const burst = Effect.fnUntraced(function* (runs: number, prefix: string, run: (id: string) => Effect.Effect<unknown>) {
  // Loads code and opens the first connection, as a program that runs a burst has.
  yield* run(`${prefix}-warm`)
  const before = { ...counts }
  const beforeMiB = process.memoryUsage.rss() / MEBIBYTE
  let sockets = 0
  const look = setInterval(() => {
    sockets = Math.max(sockets, openSockets())
  }, LOOK_MS)
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const took = yield* Effect.forEach(
    Array.from({ length: runs }, (_, index) => `${prefix}-${index}`),
    Effect.fnUntraced(function* (id) {
      const submitted = performance.now()
      yield* run(id)
      return performance.now() - submitted
    }),
    { concurrency: "unbounded" }
  )
  const seconds = (performance.now() - begin) / 1000
  const { system, user } = process.cpuUsage(cpu)
  clearInterval(look)
  const figures: BurstFigures = {
    seconds,
    runs: took,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    beforeMiB,
    cpuSeconds: (system + user) / 1e6,
    requests: {
      plain: counts.plain - before.plain,
      exec: counts.exec - before.exec,
      // Opened by the first run, and shared.
      watch: counts.watch
    },
    sockets
  }
  yield* Effect.sync(() => process.stdout.write(`${JSON.stringify(figures)}\n`))
})

const burstOf =
  <R>(prepare: Effect.Effect<(id: string) => Effect.Effect<unknown>, never, R>) =>
  (runs: number, prefix: string) =>
    Effect.flatMap(prepare, (run) => burst(runs, prefix, run))

const services = TaskRunner.layer.pipe(
  Layer.provideMerge(kubeLayer({ labelSelector: TASK_RUN_LABEL })),
  Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
)

if (import.meta.main) {
  const [way, runs = "1", prefix = "run"] = process.argv.slice(2)
  countRequests()
  const given = [Number(runs), prefix] as const
  const driven: Effect.Effect<void, never, KubeConnection | TaskRunner | Scope.Scope> =
    way === "raw" ? burstOf(raw)(...given) : burstOf(podwright)(...given)
  NodeRuntime.runMain(driven.pipe(Effect.scoped, Effect.provide(services)))
}
