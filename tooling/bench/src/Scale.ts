/**
 * Many runs at once from one process: 1, 10 and 40 on the real node, 100, 300 and 1,000 on an
 * embedded cluster in a process of its own; podwright beside the raw sequence, and at 40 beside
 * kubectl. The ways take turns, in an order drawn anew each round.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Random } from "effect"
import { build } from "./ColdStart.ts"
import { kubeconfigPath, kubectlRun } from "./Kubectl.ts"
import type { Comparison } from "./Report.ts"
import type { BurstFigures } from "./ScaleDriver.ts"
import { markdownTable, summarise } from "./Statistics.ts"

export interface ScaleFigures {
  readonly cluster: "real" | "embedded"
  readonly runs: number
  readonly way: "podwright" | "raw" | "kubectl"
  /** Of each round. */
  readonly bursts: ReadonlyArray<BurstFigures>
}

const DRIVER = join(import.meta.dirname, "ScaleDriver.ts")
const CLI = join(import.meta.dirname, "../../../apps/cli/src/main.ts")
const SOURCE = "--conditions=@podwright/source"

const REAL = [1, 10, 40]
const EMBEDDED = [100, 300, 1_000]
/**
 * kubectl has a process for each request: enough of them to compare, and few enough for two cores.
 */
const WITH_KUBECTL = 40

/**
 * As a program that drives many runs should be started: V8 lets the young generation grow to
 * 128 MiB, half of it unused, and gives nothing back (measured at 1,000 runs: 501 to 621 MiB, with
 * this 465 and 523, in no more time).
 */
const NODE_OPTIONS = ["--max-semi-space-size=16"]

/**
 * The pods of a burst are gone, but the node still takes them down; that must not fall into the
 * next.
 */
const SETTLE_MS = 8_000

const run = promisify(execFile)

const drive = async (kubeconfig: string, way: string, runs: number, prefix: string): Promise<BurstFigures> => {
  // The packages as built, as a program that depends on them has them.
  const { stdout } = await run(process.execPath, [...NODE_OPTIONS, DRIVER, way, String(runs), prefix], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    maxBuffer: 64 * 1024 * 1024
  })
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as BurstFigures
}

/** As a person or a script would: four commands for each pod. */
const driveByKubectl = async (kubeconfig: string, runs: number, prefix: string): Promise<BurstFigures> => {
  const begin = performance.now()
  const took = await Promise.all(
    Array.from({ length: runs }, (_, index) => kubectlRun(kubeconfig, `${prefix}-${index}`))
  )
  const none = Number.NaN
  const requests = { plain: none, exec: none, watch: none }
  const seconds = (performance.now() - begin) / 1000
  return { seconds, runs: took, peakMiB: none, beforeMiB: none, cpuSeconds: none, requests, sockets: none }
}

const startEmbedded = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = await mkdtemp(join(tmpdir(), "podwright-bench-"))
    const kubeconfig = join(folder, "kubeconfig")
    const child: ChildProcess = spawn(process.execPath, [SOURCE, CLI, "cluster", "start", "--kubeconfig", kubeconfig], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve())
      ended.then(() => reject(new Error("the embedded cluster ended")))
    })
    return { folder, kubeconfig, child, ended }
  }),
  ({ child, ended, folder }) =>
    Effect.promise(async () => {
      child.kill("SIGINT")
      await ended
      await rm(folder, { recursive: true })
    })
)

/** Runs every burst of at most `atOnce` runs `rounds` times, the ways in turn. */
export const measureScale = Effect.fn("Scale.measure")(function* (rounds: number, atOnce: number) {
  const real = kubeconfigPath()
  yield* Effect.promise(build)
  const embedded = yield* startEmbedded
  const measured: Array<ScaleFigures & { readonly bursts: Array<BurstFigures> }> = []
  const stages = [
    ...REAL.map((runs) => ({ cluster: "real", kubeconfig: real, runs }) as const),
    ...EMBEDDED.map((runs) => ({ cluster: "embedded", kubeconfig: embedded.kubeconfig, runs }) as const)
  ].filter(({ runs }) => runs <= atOnce)
  for (const { cluster, kubeconfig, runs } of stages) {
    const ways: ReadonlyArray<ScaleFigures["way"]> =
      cluster === "real" && runs === WITH_KUBECTL ? ["podwright", "raw", "kubectl"] : ["podwright", "raw"]
    const figures = ways.map((way) => ({ cluster, runs, way, bursts: [] as Array<BurstFigures> }))
    measured.push(...figures)
    for (let round = 0; round < rounds; round++) {
      for (const { bursts, way } of yield* Random.shuffle(figures)) {
        const prefix = `scale-${process.pid}-${runs}-${round}-${way}`
        yield* Effect.sleep(SETTLE_MS)
        const burst = yield* Effect.promise(() =>
          way === "kubectl" ? driveByKubectl(kubeconfig, runs, prefix) : drive(kubeconfig, way, runs, prefix)
        )
        bursts.push(burst)
        const { cpuSeconds, peakMiB, seconds } = burst
        const line = `${cluster} ${runs} ${way}: ${seconds.toFixed(2)} s, ${peakMiB.toFixed(0)} MiB, ${cpuSeconds.toFixed(2)} s of processor\n`
        yield* Effect.sync(() => process.stderr.write(line))
      }
    }
  }
  return measured
})

const shown = (value: number, digits = 0): string => (Number.isNaN(value) ? "" : value.toFixed(digits))

/**
 * Medians over the rounds; `over raw` is the difference of the runs' medians to those of the raw
 * sequence.
 */
export const scaleTables = (measured: ReadonlyArray<ScaleFigures>): string => {
  const median = (all: ReadonlyArray<number>) => summarise(all).median
  const rows = measured.map(({ bursts, cluster, runs, way }) => {
    const raw = measured.find((one) => one.cluster === cluster && one.runs === runs && one.way === "raw")
    const of = (read: (burst: BurstFigures) => number, whose = bursts) => median(whose.map(read))
    const times = summarise(bursts.flatMap((burst) => burst.runs))
    const rawTimes = summarise((raw?.bursts ?? []).flatMap((burst) => burst.runs))
    const seconds = of((burst) => burst.seconds)
    return [
      `${cluster} ${runs} × ${way === "podwright" ? "**podwright**" : way}`,
      shown(summarise(bursts.map((burst) => burst.seconds)).min, 2),
      shown(seconds, 2),
      shown(summarise(bursts.map((burst) => burst.seconds)).max, 2),
      shown(seconds / of((burst) => burst.seconds, raw?.bursts), 2),
      shown(times.median),
      shown(times.p95),
      shown(times.median - rawTimes.median),
      shown(times.p95 - rawTimes.p95),
      shown(of((burst) => burst.peakMiB)),
      shown(
        of((burst) => burst.cpuSeconds),
        2
      ),
      shown(
        of(({ requests }) => requests.plain / runs),
        1
      ),
      shown(
        of(({ requests }) => requests.exec / runs),
        1
      ),
      shown(of(({ requests }) => requests.watch)),
      shown(of((burst) => burst.sockets))
    ]
  })
  const head = [
    "runs at once",
    "makespan s, min",
    "median",
    "max",
    "to raw",
    "run p50 ms",
    "p95",
    "p50 over raw",
    "p95 over raw",
    "peak RSS MiB",
    "CPU s",
    "requests a run",
    "execs a run",
    "watches",
    "sockets"
  ]
  return markdownTable(head, rows)
}

/** Of the makespans. */
export const scaleComparisons = (measured: ReadonlyArray<ScaleFigures>): ReadonlyArray<Comparison> => {
  const makespan = ({ bursts }: ScaleFigures) => summarise(bursts.map(({ seconds }) => seconds)).median
  return measured
    .filter(({ way }) => way !== "podwright")
    .flatMap((other) => {
      const { cluster, runs, way } = other
      const own = measured.find((one) => one.cluster === cluster && one.runs === runs && one.way === "podwright")
      const node = cluster === "real" ? "a real node" : "an embedded cluster"
      const reference = way === "raw" ? "the raw sequence" : "kubectl run, wait, logs, delete"
      return own === undefined
        ? []
        : [
            {
              what: `${runs} ${runs === 1 ? "run" : "runs at once"} on ${node}`,
              reference,
              speed: makespan(other) / makespan(own)
            }
          ]
    })
}
