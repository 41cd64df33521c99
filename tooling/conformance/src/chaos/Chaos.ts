/**
 * Many runs at once in this process, through a fault proxy in another, so that time and memory are
 * the driver's own: every run must report what really happened, and no run may leave a pod.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { type FaultPlan, INJECTED, MODERATE } from "@podwright/fault-proxy"
import { type KubeError, kubeLayer } from "@podwright/k8s-io"
import { cleanPods, prepareTask, type RunError, type RunEvent, runWithRetries, TaskRunner } from "@podwright/runner"
import {
  decodeRetry,
  decodeRunnerProperties,
  podName,
  TASK_RUN_LABEL,
  type TaskIdentity
} from "@podwright/spec-builder"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Option, Stream } from "effect"
import { type Cluster, LIMITED_NAMESPACE } from "../clusters/Cluster.ts"
import { watchPods } from "../clusters/PodHistory.ts"
import { freshId } from "../clusters/Podwright.ts"
import { type ChaosTask, chaosIdentity, chaosRequest, chaosTask, DeliveredLines, untruths } from "./ChaosTask.ts"

export interface ChaosOptions {
  readonly seed: number
  /** At least so many runs … */
  readonly runs: number
  /** … and at least so long. */
  readonly minutes: number
  readonly concurrency: number
  /** Told how every run went. */
  readonly onRun?: (line: string) => void
}

export interface ChaosReport {
  readonly seed: number
  readonly seconds: number
  /** Runs by kind and how they went. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  /** Sessions that were cut and went on in another exec. */
  readonly reconnections: number
  readonly untrue: ReadonlyArray<string>
  readonly podsLeft: ReadonlyArray<string>
  /** How many there were, of all attempts. */
  readonly pods: number
  /** Attempts of a task that had a pod while the one before them had its own. */
  readonly overlapping: ReadonlyArray<string>
  /** Pods that were gone while their main still ran. */
  readonly unended: ReadonlyArray<string>
  /** What befell the requests that name a pod which is left. */
  readonly trace: ReadonlyArray<string>
  readonly peakRssMebibytes: number
  /**
   * What is still held when all runs have ended and the garbage is collected: a leak shows here,
   * not in the peak.
   */
  readonly heldMebibytes: number
  readonly cpuSeconds: number
}

/**
 * Everything, also what a run may rightly end with: a 401 that repeats, and a 403, once each, on
 * the way to a pod. On the way out of it neither may matter: what refuses a delete may pass, the
 * pod may not stay.
 */
const PLAN: FaultPlan = {
  script: [
    { verb: "create", nth: 12, fault: { _tag: "Refuse", code: 403 } },
    { verb: "exec", nth: 25, fault: { _tag: "Refuse", code: 403 } },
    { verb: "get", nth: 2, fault: { _tag: "Refuse", code: 403 } },
    { verb: "delete", nth: 5, fault: { _tag: "Refuse", code: 403 } },
    { verb: "delete", nth: 10, times: 3, fault: { _tag: "Refuse", code: 403 } },
    { verb: "delete", nth: 20, times: 6, fault: { _tag: "Refuse", code: 401 } }
  ],
  chance: {
    rates: { ...MODERATE.rates, stallForEver: 0.005 },
    codes: [401, 410, 429, 500, 503],
    cutEvery: { exec: 3000, watch: 5000 }
  }
}

/**
 * No run of these takes a minute without faults; a stall takes a minute to be noticed, and there
 * may be several.
 */
const HANGS_AFTER = "8 minutes"

const PROXY = join(import.meta.dirname, "../../../fault-proxy/src/main.ts")

const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)

const MEBIBYTE = 1024 * 1024

/** Heap and buffers in use, without garbage, bytes. */
const heldBytes = (): number => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

/** The proxy as a process of its own; gives the path of its kubeconfig. */
const startProxy = async (
  cluster: Cluster,
  folder: string,
  seed: number,
  onFault: (name: string, line: string) => void
) => {
  const plan = join(folder, "plan.json")
  await writeFile(plan, JSON.stringify(PLAN))
  const args = ["--kubeconfig", cluster.limitedKubeconfig, "--seed", String(seed), "--plan", plan]
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@podwright/source", PROXY, ...args], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  let pending = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (pending + text).split("\n")
    pending = lines.pop() ?? ""
    for (const line of lines) {
      const name = /^\S+Z (.+?) {2}\//.exec(line)?.[1]
      if (name !== undefined) onFault(name, line)
    }
  })
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
  const kubeconfig = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()))
    ended.then(() => reject(new Error(`the proxy ended: ${pending}`)))
  })
  const stop = () => {
    child.kill("SIGINT")
    return ended
  }
  return { kubeconfig, stop }
}

const runOne = Effect.fnUntraced(function* (
  task: ChaosTask,
  flowId: string,
  taskRunId: string,
  folder: string,
  warned: (message: string) => void
) {
  const runner = yield* TaskRunner
  const properties = yield* Effect.orDie(Effect.fromResult(decodeRunnerProperties({})))
  const request = chaosRequest(task, flowId, taskRunId, LIMITED_NAMESPACE, join(folder, taskRunId), properties)
  const { attempts, lines } = task
  const readAnew = () =>
    lines === undefined
      ? undefined
      : { stdout: new DeliveredLines("stdout", lines.stdout), stderr: new DeliveredLines("stderr", lines.stderr) }
  let log = readAnew()
  const begun = yield* Deferred.make<void>()
  const onEvent = (event: RunEvent) =>
    Effect.sync(() => {
      if (event._tag === "Log") {
        log?.[event.stream].take(event.lines)
        Deferred.doneUnsafe(begun, Exit.void)
      }
      if (event._tag === "Retrying") log = readAnew()
      if (event._tag === "Warning") warned(event.message)
    })
  const retried = Effect.gen(function* () {
    const again = (identity: TaskIdentity) => Effect.succeed({ ...request, identity })
    const retry = yield* Effect.orDie(
      Effect.fromResult(decodeRetry({ type: "constant", interval: "PT0.1S", maxAttempts: attempts }))
    )
    return yield* runWithRetries({ first: yield* prepareTask(request), request: again, retry, onEvent })
  }).pipe(Effect.scoped)
  const fiber = yield* Effect.forkChild(attempts === undefined ? runner.run(request, onEvent) : retried)
  if (task.kind === "cancel") {
    yield* Effect.raceFirst(Deferred.await(begun), Fiber.await(fiber))
    yield* Fiber.interrupt(fiber)
  }
  const exit = yield* Fiber.await(fiber)
  if (Exit.isSuccess(exit)) {
    const copy = exit.value.outputFiles["copy"]
    const bytes = copy === undefined ? undefined : yield* Effect.promise(() => readFile(copy.path))
    return {
      _tag: "Result" as const,
      wrong: [...untruths(task, exit.value, bytes), ...(log?.stdout.wrong ?? []), ...(log?.stderr.wrong ?? [])]
    }
  }
  if (task.timeoutSeconds !== undefined && isTimedOut(exit.cause))
    return { _tag: "TimedOut" as const, wrong: task.kind === "stopped" ? (log?.stdout.wrong ?? []) : [] }
  return Exit.hasInterrupts(exit) && task.kind === "cancel"
    ? { _tag: "Cancelled" as const }
    : { _tag: "Refused" as const, cause: exit.cause }
})

const isTimedOut = (cause: Cause.Cause<RunError>): boolean =>
  Option.exists(Cause.findErrorOption(cause), ({ reason }) => reason._tag === "TimedOut")

/** The API server's refusal that ended a run: of a request, or of a session with the helper. */
const refusalOf = ({ reason }: RunError): KubeError["reason"] | undefined => {
  if (reason._tag === "Kube") return reason.error.reason
  return reason._tag === "Files" && reason.error.reason._tag === "Channel"
    ? reason.error.reason.error.reason
    : undefined
}

/** Whether a run ended with a 401 or a 403 of the proxy, after either of which a run rightly ends. */
const isRightlyRefused = (cause: Cause.Cause<RunError>): boolean => {
  const refusal = Cause.findErrorOption(cause).pipe(Option.map(refusalOf), Option.getOrUndefined)
  return (refusal?._tag === "Unauthorized" || refusal?._tag === "Forbidden") && refusal.detail.includes(INJECTED)
}

/**
 * The flow's pods that nobody deletes though every run has ended, each with what `podwright clean`
 * makes of it: it may have nothing to do here, nor may it take one for driven.
 */
const forsaken = async (cluster: Cluster, flowId: string): Promise<ReadonlyArray<string>> => {
  const uids = new Set((await cluster.pods(`podwright.dev/flow-id=${flowId}`)).map(({ metadata }) => metadata.uid))
  const found = await Effect.runPromise(
    cleanPods({ namespace: LIMITED_NAMESPACE, olderThanMs: 0, dryRun: true }).pipe(
      Stream.filter(({ uid, why }) => uids.has(uid) && why._tag !== "Terminating"),
      Stream.runCollect,
      Effect.provide(kubeLayer({ kubeconfig: cluster.limitedKubeconfig }))
    )
  )
  return found.map(({ name, why }) => `a pod was not deleted: ${name}: ${why._tag}`)
}

/** Runs the chaos. */
export const chaos = async (cluster: Cluster, options: ChaosOptions): Promise<ChaosReport> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-chaos-"))
  const faults = new Map<string, number>()
  const outcomes = new Map<string, number>()
  const untrue: Array<string> = []
  let reconnections = 0
  let peak = 0
  const fired: Array<string> = []
  const proxy = await startProxy(cluster, folder, options.seed, (name, line) => {
    add(faults, name)
    fired.push(line)
  })
  const flowId = freshId("chaos")
  const started = performance.now()
  const cpu = process.cpuUsage()
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 200)
  const watch = await watchPods(cluster, flowId)
  const services = TaskRunner.layer.pipe(
    Layer.provideMerge(kubeLayer({ kubeconfig: proxy.kubeconfig, labelSelector: TASK_RUN_LABEL })),
    Layer.provideMerge(Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici))
  )
  let index = 0
  const isEnough = () => index >= options.runs && performance.now() - started >= options.minutes * 60_000
  const worker = Effect.gen(function* () {
    while (!isEnough()) {
      const number = index++
      const taskRunId = `${flowId}-${number}`
      const task = chaosTask(options.seed, number, (kind) => podName(chaosIdentity(kind, flowId, taskRunId)))
      const began = performance.now()
      const warned = (message: string) => {
        if (message.startsWith("reconnecting")) reconnections++
        else options.onRun?.(`run ${number} ${task.kind} warns: ${message}`)
      }
      const outcome = yield* runOne(task, flowId, taskRunId, folder, warned).pipe(
        Effect.timeoutOrElse({ duration: HANGS_AFTER, orElse: () => Effect.succeed({ _tag: "Hung" as const }) })
      )
      const wrong =
        outcome._tag === "Hung"
          ? ["it hangs"]
          : outcome._tag === "Result" || outcome._tag === "TimedOut"
            ? outcome.wrong
            : outcome._tag === "Refused" && !isRightlyRefused(outcome.cause)
              ? [String(outcome.cause)]
              : []
      for (const what of wrong) untrue.push(`run ${number} (${task.kind}): ${what}`)
      const name = wrong.length > 0 ? "untrue" : outcome._tag === "Refused" ? "refused, as injected" : "true"
      add(outcomes, `${task.kind}: ${name}`)
      options.onRun?.(
        `run ${number} ${task.kind}: ${name}, ${((performance.now() - began) / 1000).toFixed(1)} s ${wrong.join("; ")}`
      )
    }
  })
  try {
    await Effect.runPromise(
      Effect.all(
        Array.from({ length: options.concurrency }, () => worker),
        { concurrency: "unbounded", discard: true }
      ).pipe(Effect.provide(services))
    )
    const { system, user } = process.cpuUsage(cpu)
    const seconds = (performance.now() - started) / 1000
    const held = heldBytes()
    const forgotten = await forsaken(cluster, flowId)
    const podsLeft = await cluster.untilNoPods(flowId).then(
      () => forgotten,
      (error: unknown) => [...forgotten, String(error)]
    )
    const { overlapping, pods, unended } = await watch.stop()
    return {
      seed: options.seed,
      seconds,
      outcomes,
      faults,
      reconnections,
      untrue,
      podsLeft,
      pods,
      overlapping,
      unended,
      trace: fired.filter((line) =>
        podsLeft.some((left) => left.includes(/pods\/([^/?]+)/.exec(line)?.[1] ?? "no pod"))
      ),
      peakRssMebibytes: peak / MEBIBYTE,
      heldMebibytes: held / MEBIBYTE,
      cpuSeconds: (system + user) / 1e6
    }
  } finally {
    clearInterval(watching)
    await proxy.stop()
    await rm(folder, { recursive: true })
  }
}

/** A report for people. */
export const chaosTable = (report: ChaosReport): string => {
  const rows = (counts: ReadonlyMap<string, number>) =>
    [...counts].sort().map(([name, count]) => `| ${name} | ${count} |`)
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((total, one) => total + one, 0)
  return [
    `seed ${report.seed}, ${report.seconds.toFixed(0)} s`,
    "",
    "| | |",
    "| --- | ---: |",
    `| **runs** | ${sum(report.outcomes)} |`,
    ...rows(report.outcomes),
    `| **faults** | ${sum(report.faults)} |`,
    ...rows(report.faults),
    `| **pods** | ${report.pods} |`,
    `| **untrue** | ${report.untrue.length} |`,
    `| **overlapping attempts** | ${report.overlapping.length} |`,
    `| **pods gone while their main ran** | ${report.unended.length} |`,
    `| **pods left** | ${report.podsLeft.length} |`,
    `| **sessions resumed** | ${report.reconnections} |`,
    `| **peak RSS of the driver with podwright in it, MiB** | ${report.peakRssMebibytes.toFixed(0)} |`,
    `| **held by both after the last run, MiB** | ${report.heldMebibytes.toFixed(0)} |`,
    `| **driver's CPU, s** | ${report.cpuSeconds.toFixed(1)} |`,
    "",
    ...report.untrue.map((line) => `untrue: ${line}`),
    ...report.podsLeft,
    ...report.overlapping.map((line) => `overlapping: ${line}`),
    ...report.unended.map((pod) => `gone while its main ran: ${pod}`),
    ...report.trace,
    ""
  ].join("\n")
}
