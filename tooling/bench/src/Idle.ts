/**
 * What a pod of ours costs its node while nothing happens in it: the helper while a driver follows
 * a silent command, the helper and main's gate while no driver is there, beside a container that
 * sleeps. Read from the containers' own cgroups, through an exec.
 */
import { TaskRunner } from "@podwright/runner"
import { Data, Effect } from "effect"
import { type BenchTask, benchRequest, hello, PULL_POLICY, runnerProperties } from "./BenchTask.ts"
import { makeRawClient, type RawClient } from "./RawClient.ts"
import { podOf } from "./RawRun.ts"
import { markdownTable, type Summary, summarise } from "./Statistics.ts"

export interface IdleFigures {
  readonly container: string
  /** Processor time over the time it was idle, percent of one core. */
  readonly cpuPercent: Summary
  /**
   * All that its cgroup is charged with, and what of it its processes made (no file's copy, nothing
   * of the kernel).
   */
  readonly memoryMiB: Summary
  readonly anonymousMiB: Summary
}

class IdleError extends Data.TaggedError("IdleError")<{ readonly message: string }> {}

/** Idle cost is averaged over this long. */
const WINDOW_SECONDS = 30
/**
 * After the containers run: a session's polls grow rarer for five seconds, and a container's start
 * is over.
 */
const SETTLE_SECONDS = 10
/** Longer than settling and window together; nobody waits for its end. */
const SLEEP_SECONDS = 600

const silent: BenchTask = { ...hello, name: "silent", commands: [`sleep ${SLEEP_SECONDS}`], stdout: "" }

interface Reading {
  readonly at: number
  readonly cpuSeconds: number
  readonly memoryMiB: number
  readonly anonymousMiB: number
}

const MIB = 1024 * 1024

/**
 * What is read of a container's cgroup, by version 2 or version 1; each as grep shows it, and in
 * our units.
 */
const COUNTERS = {
  cpuSeconds: [
    { line: /^\/sys\/fs\/cgroup\/cpu\.stat:usage_usec (\d+)$/m, unit: 1e6 },
    { line: /^\/sys\/fs\/cgroup\/cpuacct\/cpuacct\.usage:(\d+)$/m, unit: 1e9 }
  ],
  memoryMiB: [
    { line: /^\/sys\/fs\/cgroup\/memory\.current:(\d+)$/m, unit: MIB },
    { line: /^\/sys\/fs\/cgroup\/memory\/memory\.usage_in_bytes:(\d+)$/m, unit: MIB }
  ],
  anonymousMiB: [
    { line: /^\/sys\/fs\/cgroup\/memory\.stat:anon (\d+)$/m, unit: MIB },
    { line: /^\/sys\/fs\/cgroup\/memory\/memory\.stat:rss (\d+)$/m, unit: MIB }
  ]
}

const FILES = [
  "cpu.stat",
  "memory.current",
  "memory.stat",
  "cpuacct/cpuacct.usage",
  "memory/memory.usage_in_bytes",
  "memory/memory.stat"
].map((name) => `/sys/fs/cgroup/${name}`)

/** The file that is read last says who reads, and so that all is here. */
const LAST = "/proc/self/comm"

const read = Effect.fnUntraced(function* (client: RawClient, pod: string, container: string) {
  let said = ""
  const isWhole = yield* client.exec({
    namespace: client.namespace,
    pod,
    container,
    command: ["grep", "-Hs", "", ...FILES, LAST],
    stdin: Buffer.alloc(0),
    onOutput: (stdout) => {
      said = stdout.toString("utf8")
      return said.endsWith(`${LAST}:grep\n`)
    }
  })
  const counter = (name: keyof typeof COUNTERS): number => {
    const found = COUNTERS[name].map(({ line, unit }) => Number(line.exec(said)?.[1] ?? Number.NaN) / unit)
    return found.find((value) => !Number.isNaN(value)) ?? Number.NaN
  }
  const reading: Reading = {
    at: performance.now(),
    cpuSeconds: counter("cpuSeconds"),
    memoryMiB: counter("memoryMiB"),
    anonymousMiB: counter("anonymousMiB")
  }
  if (!isWhole || Number.isNaN(reading.cpuSeconds + reading.memoryMiB + reading.anonymousMiB)) {
    return yield* Effect.die(new IdleError({ message: `${pod}/${container} shows no cgroup: ${said}` }))
  }
  return reading
})

/**
 * Two readings that follow each other at once tell what a reading costs; the third comes after the
 * window.
 */
const idle = Effect.fnUntraced(function* (client: RawClient, pod: string, container: string) {
  const first = yield* read(client, pod, container)
  const second = yield* read(client, pod, container)
  yield* Effect.sleep(WINDOW_SECONDS * 1000)
  const third = yield* read(client, pod, container)
  const reading = second.cpuSeconds - first.cpuSeconds
  return {
    cpuPercent: (100 * Math.max(0, third.cpuSeconds - second.cpuSeconds - reading)) / ((third.at - second.at) / 1000),
    memoryMiB: third.memoryMiB,
    anonymousMiB: third.anonymousMiB
  }
})

/** Completes when all containers of the pod run; listens at once, not when it is run. */
const running = (client: RawClient, name: string): Effect.Effect<void> => {
  const all = new Promise<void>((resolve) => {
    const stop = client.onPod(name, (pod) => {
      const statuses = pod?.status?.containerStatuses ?? []
      if (statuses.length === 0 || statuses.some(({ state }) => state?.running === undefined)) return
      stop()
      resolve()
    })
  })
  return Effect.promise(() => all)
}

/** A pod of the raw client's, that runs until the scope closes. */
const posted = Effect.fnUntraced(function* (client: RawClient, name: string, pod: object) {
  const path = `/api/v1/namespaces/${client.namespace}/pods`
  const isRunning = running(client, name)
  yield* Effect.acquireRelease(client.send("POST", path, pod), () =>
    client.send("DELETE", `${path}/${name}`, { gracePeriodSeconds: 0 })
  )
  yield* isRunning
})

const sleeper = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: "main", image: "busybox", imagePullPolicy: PULL_POLICY.field, command: ["sleep", String(SLEEP_SECONDS)] }
    ]
  }
})

const round = Effect.fnUntraced(function* (client: RawClient, run: string) {
  const runner = yield* TaskRunner
  const request = yield* benchRequest(silent, `${run}-followed`, "unused")
  const followed = (yield* podOf(silent, `${run}-followed`)).metadata.name
  const alone = yield* podOf(hello, `${run}-alone`)
  const bare = `bench-idle-${run}-bare`
  const isFollowed = running(client, followed)
  // Ended by interruption, as a killed run is, which removes its pod.
  yield* Effect.forkScoped(runner.run({ ...request, runner: yield* runnerProperties }, () => Effect.void))
  yield* isFollowed
  yield* posted(client, alone.metadata.name, alone)
  yield* posted(client, bare, sleeper(bare))
  yield* Effect.sleep(SETTLE_SECONDS * 1000)
  return yield* Effect.all(
    {
      [NAMES.followed]: idle(client, followed, "files"),
      [NAMES.helper]: idle(client, alone.metadata.name, "files"),
      [NAMES.gate]: idle(client, alone.metadata.name, "main"),
      [NAMES.bare]: idle(client, bare, "main")
    },
    { concurrency: "unbounded" }
  )
}, Effect.scoped)

const NAMES = {
  followed: "**helper, a driver follows a silent command**",
  helper: "helper, no driver",
  gate: "main's gate, waiting",
  bare: "a container that sleeps"
}

/** All containers side by side, `runs` times. */
export const measureIdle = Effect.fn("Idle.measure")(function* (runs: number) {
  const client = yield* Effect.orDie(makeRawClient)
  const rounds = yield* Effect.forEach(Array.from({ length: runs }), (_, index) =>
    round(client, `${process.pid}-${index}`)
  )
  return Object.values(NAMES).map((container): IdleFigures => {
    const taken = rounds.flatMap((one) => one[container] ?? [])
    return {
      container,
      cpuPercent: summarise(taken.map(({ cpuPercent }) => cpuPercent)),
      memoryMiB: summarise(taken.map(({ memoryMiB }) => memoryMiB)),
      anonymousMiB: summarise(taken.map(({ anonymousMiB }) => anonymousMiB))
    }
  })
})

export const idleTables = (figures: ReadonlyArray<IdleFigures>): string => {
  const head = ["idle container", "% of a core, min", "median", "max", "MiB in all, median", "max", "of processes"]
  const rows = figures.map(({ anonymousMiB, container, cpuPercent, memoryMiB }) => [
    container,
    ...[cpuPercent.min, cpuPercent.median, cpuPercent.max].map((value) => value.toFixed(2)),
    ...[memoryMiB.median, memoryMiB.max, anonymousMiB.median].map((value) => value.toFixed(1))
  ])
  return `Over ${WINDOW_SECONDS} s each, side by side; what reading itself costs is taken off the processor time, and is in the memory.

${markdownTable(head, rows)}`
}
