/**
 * How fast files move, beside `kubectl cp` in the same run: one file of 1 GiB and 50,000 of 4 KiB,
 * each way. Every way is a process of its own, so that time and memory are those of what a person
 * would start. How long the files alone take, without a cluster, is measured too: nothing that
 * makes them can be faster.
 */
import { createHash, randomFillSync } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Random, type Scope } from "effect"
import { build } from "./ColdStart.ts"
import { kubeconfigPath, kubectlProgram } from "./Kubectl.ts"
import { measureProcess, type ProcessMeasure } from "./MeasuredProcess.ts"
import type { Comparison } from "./Report.ts"
import { markdownTable, type Summary, summarise } from "./Statistics.ts"

/** In the order of the table; the first is what the others are compared with. */
const WAYS = ["kubectl cp", "podwright", "tar to tar, no network"] as const

export interface BulkFigure {
  readonly load: string
  readonly direction: "to the pod" | "from the pod"
  readonly way: (typeof WAYS)[number]
  readonly megabytes: number
  readonly seconds: number
  /**
   * The process's largest resident set, MiB, and its CPU; podwright's are of a run that moves the
   * load both ways.
   */
  readonly peakMiB: number
  readonly cpuSeconds: number
  /** Attempts that broke off before the one that is measured. */
  readonly broken: number
}

export interface BulkFigures {
  readonly figures: ReadonlyArray<BulkFigure>
  /** Peak and CPU of a podwright run that moves 1 KiB: what of its own is not the load's. */
  readonly idleMiB: number
  readonly idleCpuSeconds: number
}

export interface Load {
  readonly name: string
  readonly files: number
  readonly fileBytes: number
}

export const LARGE: Load = { name: "1 GiB in one file", files: 1, fileBytes: 1024 ** 3 }
const LOADS: ReadonlyArray<Load> = [LARGE, { name: "50,000 files of 4 KiB", files: 50_000, fileBytes: 4096 }]
const SMALL: Load = { name: "1 KiB", files: 1, fileBytes: 1024 }

const REPOSITORY = join(import.meta.dirname, "../../..")
/** As built for users: loaded from source it takes 80 MiB more before it does anything. */
const CLI = join(REPOSITORY, "apps/cli/dist/bin/podwright.js")
const PEER = "podwright-bench-bulk"
const NAMESPACE = "default"
/** Files per folder, as a tree has that people keep. */
const FOLDER_FILES = 1000

const kubectl = (...args: ReadonlyArray<string>) => measureProcess(kubectlProgram(), ["-n", NAMESPACE, ...args])

export const removePods = (names: ReadonlyArray<string>) =>
  Effect.promise(() => kubectl("delete", "pod", ...names, "--ignore-not-found", "--wait=false"))

/**
 * `kubectl cp` does not try again by itself when its connection breaks, as it does on a busy
 * machine.
 */
const COPY_ATTEMPTS = 4

const kubectlCopy = async (from: string, to: string): Promise<ProcessMeasure & { readonly broken: number }> => {
  for (let broken = 0; ; broken++) {
    try {
      return { ...(await kubectl("cp", from, to)), broken }
    } catch (error) {
      if (broken + 1 === COPY_ATTEMPTS) throw error
    }
  }
}

/**
 * Writes a load of random bytes: nothing on the way may gain by compressing or by sparse blocks.
 */
export const writeLoad = async (folder: string, { fileBytes, files }: Load): Promise<void> => {
  const block = Buffer.alloc(Math.min(fileBytes, 1024 * 1024))
  for (let index = 0; index < files; index++) {
    const parent = join(folder, `d${Math.floor(index / FOLDER_FILES)}`)
    if (index % FOLDER_FILES === 0) await mkdir(parent, { recursive: true })
    const file = await open(join(parent, `f${index}`), "w")
    for (let left = fileBytes; left > 0; left -= block.length) {
      randomFillSync(block)
      await file.write(block)
    }
    await file.close()
  }
}

/** One digest of all files' names and contents. */
export const treeDigest = async (folder: string): Promise<string> => {
  const hash = createHash("sha256")
  const names = (await readdir(folder, { recursive: true })).sort()
  for (const name of names) {
    const path = join(folder, name)
    if (!(await stat(path)).isFile()) continue
    hash.update(`${name}\0`)
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  }
  return hash.digest("hex")
}

export const mustEqual = (expected: string, actual: string, what: string) => {
  if (actual !== expected) throw new Error(`${what} differs: ${actual} instead of ${expected}`)
}

/**
 * Makes the pod that `kubectl cp` copies to and from; the same image and kind of volume as
 * podwright's helper has.
 */
const startPeer = async (folder: string): Promise<void> => {
  const path = join(folder, "peer.json")
  const manifest = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: PEER },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      volumes: [{ name: "data", emptyDir: {} }],
      containers: [
        {
          name: "peer",
          image: "busybox",
          command: ["sh", "-c", "trap 'exit 0' TERM; sleep 86400 & wait"],
          volumeMounts: [{ name: "data", mountPath: "/data" }]
        }
      ]
    }
  }
  await writeFile(path, JSON.stringify(manifest))
  await kubectl("apply", "-f", path)
  await kubectl("wait", "--for=condition=Ready", `pod/${PEER}`, "--timeout=120s")
}

interface Phase {
  readonly _tag: string
  readonly phase?: string
  readonly pod: string
  readonly at: number
}

/**
 * Moves a load in and out by one `podwright run`, whose events say when each part began and ended.
 * Its pod is left, see `measureLoad`.
 */
export const podwrightRoundTrip = async (
  work: string,
  source: string,
  target: string,
  config = kubeconfigPath()
): Promise<{ readonly up: number; readonly down: number; readonly process: ProcessMeasure; readonly pod: string }> => {
  const task = join(work, "task.yaml")
  // Moved within the volume, so that the command itself takes no time.
  const lines = [
    "image: busybox",
    "inputFiles:",
    `  load: { path: ${source} }`,
    "commands:",
    '  - mv load "$OUTPUT_DIR/"',
    "runner: { delete: false }"
  ]
  await writeFile(task, `${lines.join("\n")}\n`)
  const run = await measureProcess(process.execPath, [
    CLI,
    ...["run", task, "--kubeconfig", config, "--output", "ndjson", "--output-dir", target]
  ])
  const at: Record<string, number> = {}
  let pod = ""
  for (const line of run.stdout.trimEnd().split("\n")) {
    // The result lists every file, which is much to parse for nothing.
    if (!line.startsWith('{"_tag":"Phase"')) continue
    const event: Phase = JSON.parse(line)
    if (event.phase !== undefined) at[event.phase] = event.at
    pod = event.pod
  }
  const span = (from: string, to: string) => ((at[to] ?? Number.NaN) - (at[from] ?? Number.NaN)) / 1000
  return { up: span("started", "inputs-delivered"), down: span("finished", "collected"), process: run, pod }
}

/**
 * Nothing is removed before everything is measured: for up to six minutes ext4 steps over the
 * inodes of files that have been deleted, one by one, and making 50,000 files after 50,000 were
 * deleted takes ten times as long (`recently_deleted`).
 */
const measureLoad = Effect.fnUntraced(function* (work: string, load: Load, run: number, leave: (pod: string) => void) {
  const place = join(work, `${run}-${load.files}`)
  const source = join(place, "source")
  yield* Effect.promise(() => writeLoad(source, load))
  const digest = yield* Effect.promise(() => treeDigest(source))
  const megabytes = (load.files * load.fileBytes) / 1e6
  const figure = (
    way: BulkFigure["way"],
    direction: BulkFigure["direction"],
    measure: Omit<ProcessMeasure, "stdout"> & { readonly broken?: number }
  ): BulkFigure => {
    const { broken = 0, cpuSeconds, peakMiB, seconds } = measure
    return { load: load.name, direction, way, megabytes, seconds, peakMiB, cpuSeconds, broken }
  }
  const byKubectl = async () => {
    const inPod = `/data/${run}-${load.files}`
    const up = await kubectlCopy(source, `${PEER}:${inPod}`)
    const copied = join(place, "kubectl")
    const down = await kubectlCopy(`${PEER}:${inPod}`, copied)
    mustEqual(digest, await treeDigest(copied), "what kubectl cp brought back")
    return [figure("kubectl cp", "to the pod", up), figure("kubectl cp", "from the pod", down)]
  }
  const byPodwright = async () => {
    const target = join(place, "podwright")
    const { down, pod, process, up } = await podwrightRoundTrip(place, source, target)
    leave(pod)
    mustEqual(digest, await treeDigest(join(target, "load")), "what podwright brought back")
    return [
      figure("podwright", "to the pod", { ...process, seconds: up }),
      figure("podwright", "from the pod", { ...process, seconds: down })
    ]
  }
  const byDisk = async () => {
    const target = join(place, "disk")
    await mkdir(target)
    const pipe = 'tar -cf - -C "$1" . | tar -xf - -C "$2"'
    const copied = await measureProcess("sh", ["-c", pipe, "sh", source, target])
    mustEqual(digest, await treeDigest(target), "what tar copied")
    return [figure(WAYS[2], "to the pod", copied), figure(WAYS[2], "from the pod", copied)]
  }
  const figures: Array<BulkFigure> = []
  for (const way of yield* Random.shuffle([byKubectl, byPodwright, byDisk]))
    figures.push(...(yield* Effect.promise(way)))
  return figures
})

/** Measures on the current kubeconfig. */
export const measureBulk = Effect.fn("Bulk.measure")(function* (
  runs: number
): Effect.fn.Return<BulkFigures, never, Scope.Scope> {
  const work = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  yield* Effect.promise(build)
  yield* Effect.acquireRelease(
    Effect.promise(() => startPeer(work)),
    () => Effect.promise(() => kubectl("delete", "pod", PEER, "--wait=false"))
  )
  const left: Array<string> = []
  yield* Effect.addFinalizer(() => removePods(left))
  const idle = yield* Effect.promise(async () => {
    const source = join(work, "small")
    await writeLoad(source, SMALL)
    const figure = await podwrightRoundTrip(work, source, join(work, "small-out"))
    left.push(figure.pod)
    return figure
  })
  const figures: Array<BulkFigure> = []
  for (let run = 0; run < runs; run++) {
    for (const load of LOADS) figures.push(...(yield* measureLoad(work, load, run, (pod) => left.push(pod))))
  }
  return { figures, idleMiB: idle.process.peakMiB, idleCpuSeconds: idle.process.cpuSeconds }
})

interface BulkGroup {
  readonly what: string
  readonly way: BulkFigure["way"]
  /** MB/s. */
  readonly rate: Summary
  /** How many times as fast as `kubectl cp`; undefined of itself. */
  readonly speed: number | undefined
  readonly peakMiB: number
  readonly cpuSeconds: number
  readonly broken: number
}

/** What was measured of each load, direction and way, over all runs. */
const bulkGroups = (figures: ReadonlyArray<BulkFigure>): ReadonlyArray<BulkGroup> =>
  LOADS.flatMap(({ name }) =>
    (["to the pod", "from the pod"] as const).flatMap((direction) => {
      const taken = (way: BulkFigure["way"]) =>
        figures.filter((one) => one.load === name && one.direction === direction && one.way === way)
      const rates = (way: BulkFigure["way"]) =>
        summarise(taken(way).map(({ megabytes, seconds }) => megabytes / seconds))
      const reference = rates(WAYS[0])
      return WAYS.map((way): BulkGroup => {
        const rate = rates(way)
        return {
          what: `${name}, ${direction}`,
          way,
          rate,
          speed: way === WAYS[0] ? undefined : rate.median / reference.median,
          peakMiB: summarise(taken(way).map(({ peakMiB }) => peakMiB)).max,
          cpuSeconds: summarise(taken(way).map(({ cpuSeconds }) => cpuSeconds)).median,
          broken: taken(way).reduce((all, { broken }) => all + broken, 0)
        }
      })
    })
  )

/** The ratio is a way's rate to that of `kubectl cp` in the same run: above 1 is faster. */
export const bulkTables = ({ figures, idleCpuSeconds, idleMiB }: BulkFigures): string => {
  const rows = bulkGroups(figures).map(({ broken, cpuSeconds, peakMiB, rate, speed, way, what }) => {
    const own = way === "podwright"
    return [
      what,
      own ? "**podwright**" : `${way}${broken > 0 ? `, after ${broken} that broke off` : ""}`,
      ...[rate.min, rate.median, rate.max].map((value) => value.toFixed(1)),
      speed?.toFixed(2) ?? "",
      peakMiB.toFixed(0),
      own ? (peakMiB - idleMiB).toFixed(0) : "",
      cpuSeconds.toFixed(1)
    ]
  })
  const table = markdownTable(
    ["load", "way", "MB/s min", "median", "max", "ratio", "peak RSS, MiB", "of it for the load", "CPU, s"],
    rows
  )
  const idle = `A podwright run of 1 KiB peaks at ${idleMiB.toFixed(0)} MiB and takes ${idleCpuSeconds.toFixed(1)} s of CPU`
  return `${table}\n\n${idle}; podwright's peak and CPU are of both directions together.`
}

export const bulkComparisons = ({ figures }: BulkFigures): ReadonlyArray<Comparison> =>
  bulkGroups(figures).flatMap(({ speed, way, what }) =>
    way === "podwright" && speed !== undefined ? [{ what, reference: WAYS[0], speed }] : []
  )
