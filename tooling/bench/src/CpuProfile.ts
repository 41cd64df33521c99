/**
 * Where processor time goes while something is measured: V8's sampling profiler in this process
 * and, by NODE_OPTIONS, in every Node process that is started from it. A profile opens in Chrome's
 * DevTools; here it becomes the functions with most time of their own.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { Session } from "node:inspector/promises"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { markdownTable } from "./Statistics.ts"

/** What is read of a `.cpuprofile`. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }>
  /** The node on top of the stack, and the microseconds since the sample before. */
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

export interface SelfTime {
  readonly name: string
  /** Of all profiles. */
  readonly milliseconds: number
  /** Of the time in which something was done. */
  readonly share: number
}

/** What V8 calls the time in which nothing is to be done. */
const IDLE = "(idle)"

const nameOf = ({ functionName, lineNumber, url }: CpuProfile["nodes"][number]["callFrame"]): string => {
  if (url === "") return functionName === "" ? "(anonymous)" : functionName
  // From the last package on: where it is installed says nothing.
  const place = url.replace(/^.*\/node_modules\//, "").replace(/^.*\/(?=(?:packages|apps|tooling)\/)/, "")
  return `${functionName === "" ? "(anonymous)" : functionName} ${place}:${lineNumber + 1}`
}

/** Functions by the time that was spent in themselves, most first. */
export const selfTimes = (profiles: ReadonlyArray<CpuProfile>): ReadonlyArray<SelfTime> => {
  const times = new Map<string, number>()
  for (const { nodes, samples, timeDeltas } of profiles) {
    const names = new Map(nodes.map(({ callFrame, id }) => [id, nameOf(callFrame)]))
    for (const [index, sample] of samples.entries()) {
      const name = names.get(sample) ?? IDLE
      if (name !== IDLE) times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
    }
  }
  const busy = [...times.values()].reduce((all, one) => all + one, 0)
  return [...times]
    .map(([name, milliseconds]) => ({ name, milliseconds, share: milliseconds / busy }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

const SHOWN = 20

export const profileTable = (profiles: ReadonlyArray<CpuProfile>): string =>
  markdownTable(
    ["most time of their own", "ms", "%"],
    selfTimes(profiles)
      .slice(0, SHOWN)
      .map(({ milliseconds, name, share }) => [name, milliseconds.toFixed(0), (100 * share).toFixed(1)])
  )

/** Profiles this process until the scope ends. */
const profileThis = (path: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const session = new Session()
        session.connect()
        await session.post("Profiler.enable")
        await session.post("Profiler.start")
        return session
      }),
      (session) =>
        Effect.promise(async () => {
          const { profile } = await session.post("Profiler.stop")
          session.disconnect()
          await writeFile(path, JSON.stringify(profile))
        })
    )
  )

/**
 * Runs `work` and leaves a profile of each Node process in `folder`, whose earlier content goes;
 * gives the table of all.
 */
export const profiled = Effect.fn("CpuProfile.profiled")(function* <A, E, R>(
  work: Effect.Effect<A, E, R>,
  folder: string
): Effect.fn.Return<readonly [A, string], E, R> {
  yield* Effect.promise(async () => {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
  })
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --cpu-prof --cpu-prof-dir=${folder}`.trim()
  const result = yield* Effect.scoped(Effect.andThen(profileThis(join(folder, "bench.cpuprofile")), work))
  const profiles = yield* Effect.promise(async () => {
    const names = await readdir(folder)
    return Promise.all(
      names.map(async (name): Promise<CpuProfile> => JSON.parse(await readFile(join(folder, name), "utf8")))
    )
  })
  return [result, `${profiles.length} profiles in ${folder}\n\n${profileTable(profiles)}`]
})
