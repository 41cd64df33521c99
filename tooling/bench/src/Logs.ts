/**
 * Whether every line of a flood arrives, and how fast: through the volume and through the kubelet,
 * undisturbed and with the streams cut, beside `kubectl logs -f` on the same node; and how late a
 * line is while lines flow.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { type FaultProxyError, startFaultProxy } from "@podwright/fault-proxy"
import { type KubeError, kubeLayer } from "@podwright/k8s-io"
import { type RunEvent, TaskRunner } from "@podwright/runner"
import { decodeRunnerProperties, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect, Layer, Random, type Scope } from "effect"
import { benchRequest, hello } from "./BenchTask.ts"
import { kubectlProgram } from "./Kubectl.ts"
import { type AuditCounts, LINE_BYTES, LineAudit, printNumberedLines } from "./LineAudit.ts"
import { watchProcess } from "./MeasuredProcess.ts"
import { makeRawClient } from "./RawClient.ts"
import type { Comparison } from "./Report.ts"
import { markdownTable, type Summary, summarise } from "./Statistics.ts"

interface FloodFigures {
  readonly way: string
  /** From the first line delivered to the last, seconds, and what that makes. */
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly counts: AuditCounts
  /** Places where lines are missing, and gaps that were told. */
  readonly holes: number
  readonly gaps: number
  readonly cuts: number
  /** Of the process that read, from the first line on; of kubectl the whole process. */
  readonly cpuSeconds: number
  /** How far resident memory grew; of kubectl, which does nothing else, all it had at most. */
  readonly rssGrowthMiB: number
}

export interface LogFigures {
  /** As many of each way as there were rounds, in the order in which they ran. */
  readonly floods: ReadonlyArray<FloodFigures>
  /** Milliseconds from a line's print to its delivery. */
  readonly latency: Summary
}

/** Lines of stdout; stderr has a tenth of it. */
const LINES = 1_000_000
/** Streams are cut after as many milliseconds on average. */
const CUT_EVERY_MS = 200
/** Lines whose way is timed, and the pause between two: "while lines flow". */
const TIMED_LINES = 300
const TIMED_PAUSE_SECONDS = 0.02
const RSS_SAMPLE_MS = 20
const SEED = 1

/**
 * To be provided with `local`: layers of another connection, alive elsewhere in the process, would
 * be taken instead.
 */
const services = (kubeconfig: string | undefined) =>
  TaskRunner.layer.pipe(
    Layer.provide(kubeLayer({ labelSelector: TASK_RUN_LABEL, ...(kubeconfig === undefined ? {} : { kubeconfig }) })),
    Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
  )

const run = Effect.fnUntraced(function* (
  name: string,
  command: string,
  logs: "volume" | "kubelet",
  onEvent: (event: RunEvent) => void
) {
  const runner = yield* TaskRunner
  const properties = yield* Effect.fromResult(decodeRunnerProperties({ logs }))
  const request = yield* benchRequest({ ...hello, commands: [command] }, `logs-${process.pid}-${name}`, "unused")
  return yield* runner.run({ ...request, runner: properties }, (event) => Effect.sync(() => onEvent(event)))
}, Effect.orDie)

const flood = Effect.fnUntraced(
  function* (
    round: number,
    way: string,
    logs: "volume" | "kubelet",
    cut: boolean
  ): Effect.fn.Return<FloodFigures, FaultProxyError | KubeError, Scope.Scope> {
    const proxy = cut
      ? yield* startFaultProxy({
          seed: SEED,
          plan: { chance: { cutEvery: { exec: CUT_EVERY_MS, log: CUT_EVERY_MS } } }
        })
      : undefined
    const audits = { o: new LineAudit("o"), e: new LineAudit("e") }
    let first: number | undefined
    let last = 0
    let gaps = 0
    let bytes = 0
    let rss = 0
    const before = process.memoryUsage.rss()
    let cpu = process.cpuUsage()
    const sampler = setInterval(() => {
      rss = Math.max(rss, process.memoryUsage.rss())
    }, RSS_SAMPLE_MS)
    yield* run(`${round}-${way.replaceAll(/\W+/g, "-")}`, printNumberedLines(LINES), logs, (event) => {
      if (event._tag === "LogGap") gaps++
      if (event._tag !== "Log") return
      if (first === undefined) cpu = process.cpuUsage()
      last = performance.now()
      first ??= last
      for (const line of event.lines) {
        bytes += line.length + 1
        // The kubelet does not tell the streams apart; the volume does, and then a line of the
        // other is a wrong one.
        const letter = logs === "kubelet" ? (line.startsWith("e") ? "e" : "o") : event.stream === "stderr" ? "e" : "o"
        audits[letter].take(line)
      }
    }).pipe(Effect.provide(services(proxy?.kubeconfig), { local: true }))
    clearInterval(sampler)
    const { system, user } = process.cpuUsage(cpu)
    return {
      ...figures(way, audits, (last - (first ?? last)) / 1000, bytes),
      gaps,
      cuts: proxy?.fired().length ?? 0,
      cpuSeconds: (system + user) / 1e6,
      rssGrowthMiB: (rss - before) / 1024 / 1024
    }
  },
  Effect.orDie,
  Effect.scoped
)

const figures = (
  way: string,
  audits: { readonly o: LineAudit; readonly e: LineAudit },
  seconds: number,
  bytes: number
) => {
  const out = audits.o.finish(LINES)
  const err = audits.e.finish(LINES / 10)
  return {
    way,
    seconds,
    megabytesPerSecond: bytes / 1e6 / seconds,
    counts: {
      lines: out.lines + err.lines,
      lost: out.lost + err.lost,
      doubled: out.doubled + err.doubled,
      torn: out.torn + err.torn
    },
    holes: audits.o.holes + audits.e.holes
  }
}

/** `kubectl logs -f` on a bare container that prints the same. */
const kubectl = Effect.fnUntraced(function* (round: number) {
  const client = yield* Effect.orDie(makeRawClient)
  const name = `bench-logs-kubectl-${process.pid}-${round}`
  const path = `/api/v1/namespaces/${client.namespace}/pods`
  // It waits for kubectl to listen.
  const command = ["sh", "-c", `sleep 3; ${printNumberedLines(LINES)}`]
  const spec = { restartPolicy: "Never", containers: [{ name: "main", image: "busybox", command }] }
  const running = new Promise<void>((resolve) => {
    const stop = client.onPod(name, (pod) => {
      if (pod?.status?.containerStatuses?.[0]?.state?.running === undefined) return
      stop()
      resolve()
    })
  })
  yield* client.send("POST", path, { apiVersion: "v1", kind: "Pod", metadata: { name }, spec })
  const audits = { o: new LineAudit("o"), e: new LineAudit("e") }
  let first: number | undefined
  let last = 0
  let bytes = 0
  const marks = yield* Effect.promise(async () => {
    await running
    const child = spawn(kubectlProgram(), ["logs", "--follow", "--namespace", client.namespace, name], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    const closed = once(child, "close")
    const seen = watchProcess(child)
    for await (const line of createInterface({ input: child.stdout })) {
      last = performance.now()
      first ??= last
      bytes += line.length + 1
      audits[line.startsWith("e") ? "e" : "o"].take(line)
    }
    await closed
    return seen()
  })
  yield* client.send("DELETE", `${path}/${name}`, { gracePeriodSeconds: 0 })
  const flood: FloodFigures = {
    ...figures("kubectl logs -f", audits, (last - (first ?? last)) / 1000, bytes),
    gaps: 0,
    cuts: 0,
    cpuSeconds: marks.cpuSeconds,
    rssGrowthMiB: marks.peakMiB
  }
  return flood
})

/**
 * Seconds since the machine's start, which the container reads too: node and bench are one machine
 * here.
 */
const uptime = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0])

const latency = Effect.gen(function* () {
  const samples: Array<number> = []
  const command = `i=0; while [ $i -lt ${TIMED_LINES} ]; do read -r t r </proc/uptime; echo $t; i=$((i + 1)); sleep ${TIMED_PAUSE_SECONDS}; done`
  yield* run("latency", command, "volume", (event) => {
    const now = uptime()
    if (event._tag === "Log") for (const line of event.lines) samples.push((now - Number(line)) * 1000)
  })
  return summarise(samples)
}).pipe(Effect.provide(services(undefined), { local: true }), Effect.orDie)

/** Runs each way `runs` times, in an order drawn anew each round: a flood is a million samples. */
export const measureLogs = Effect.fn("Logs.measure")(function* (runs: number) {
  const floods: Array<FloodFigures> = []
  for (let round = 0; round < runs; round++) {
    const order = yield* Random.shuffle([
      kubectl(round),
      flood(round, "volume", "volume", false),
      flood(round, "volume, cut", "volume", true),
      flood(round, "kubelet", "kubelet", false),
      flood(round, "kubelet, cut", "kubelet", true)
    ])
    for (const one of order) {
      const taken = yield* one
      floods.push(taken)
      yield* Effect.sync(() => process.stderr.write(`${JSON.stringify(taken)}\n`))
      // What the node still takes down must not fall into the next.
      yield* Effect.promise(() => sleep(3_000))
    }
  }
  return { floods, latency: yield* latency } satisfies LogFigures
})

const WAYS = ["kubectl logs -f", "volume", "volume, cut", "kubelet", "kubelet, cut"]

const rateOf = (floods: LogFigures["floods"], way: string): Summary =>
  summarise(floods.filter((flood) => flood.way === way).map(({ megabytesPerSecond }) => megabytesPerSecond))

/** The ratio is to `kubectl logs -f`; lines are counted over all rounds. */
export const logTables = ({ floods, latency }: LogFigures): string => {
  const reference = rateOf(floods, "kubectl logs -f").median
  const head = ["way", "MB/s min", "median", "max", "ratio", "lines", "lost", "doubled", "torn", "holes", "gaps told"]
  const rows = WAYS.map((way) => {
    const taken = floods.filter((flood) => flood.way === way)
    const { max, median, min } = rateOf(floods, way)
    const sum = (read: (flood: FloodFigures) => number) => String(taken.reduce((all, flood) => all + read(flood), 0))
    const middle = (read: (flood: FloodFigures) => number) => summarise(taken.map(read)).median
    return [
      way,
      ...[min, median, max].map((value) => value.toFixed(1)),
      (median / reference).toFixed(1),
      sum(({ counts }) => counts.lines),
      sum(({ counts }) => counts.lost),
      sum(({ counts }) => counts.doubled),
      sum(({ counts }) => counts.torn),
      sum(({ holes }) => holes),
      sum(({ gaps }) => gaps),
      sum(({ cuts }) => cuts),
      middle(({ cpuSeconds }) => cpuSeconds).toFixed(2),
      middle(({ rssGrowthMiB }) => rssGrowthMiB).toFixed(0)
    ]
  })
  const ms = [latency.min, latency.median, latency.p95, latency.max].map((value) => value.toFixed(0)).join(" / ")
  return `${LINES} lines of ${LINE_BYTES} bytes on stdout, a tenth on stderr, each round; cuts after ${CUT_EVERY_MS} ms on average, seed ${SEED}.

${markdownTable([...head, "cuts", "reader's CPU s", "RSS + MiB"], rows)}

Printed to delivered while lines flow, min / median / p95 / max, ms: ${ms} (to 10 ms, the clock's step).`
}

export const logComparisons = ({ floods }: LogFigures): ReadonlyArray<Comparison> => {
  const reference = "kubectl logs -f"
  const speed = (way: string) => rateOf(floods, way).median / rateOf(floods, reference).median
  return [
    { what: "log of a million lines, through the volume", reference, speed: speed("volume") },
    { what: "the same, cut every 200 ms", reference, speed: speed("volume, cut") },
    { what: "log of a million lines, through the kubelet", reference, speed: speed("kubelet") }
  ]
}
