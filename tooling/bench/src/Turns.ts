/**
 * One comparison of a vitest bench file, in turns: each round runs every way for a moment, in an
 * order drawn anew, so that all of them meet the same machine. Vitest's own engine times a way's
 * moment; what it found is a sample, and there are as many as rounds.
 */
import { Effect, Random } from "effect"
import { type BenchFn, inject, type TestContext } from "vitest"

declare module "vitest" {
  interface ProvidedContext {
    readonly rounds: number
  }
  interface TaskMeta {
    /** What one call does, for figures per second. */
    work?: Work
  }
}

export interface Work {
  readonly unit: "MB" | "files" | "merges" | "pods"
  /** Units in one call. */
  readonly perCall: number
  /** Names of the ways: first what is measured, last its reference. */
  readonly ways: ReadonlyArray<string>
}

export interface Way {
  readonly name: string
  readonly run: BenchFn
  /**
   * Must be said: to find out, the engine would call `run` once more and let that go on beside the
   * first call that is timed.
   */
  readonly async: boolean
}

/**
 * Long enough for thousands of the short calls, and for a call that takes longer it means one a
 * round.
 */
const MOMENT_MS = 50

/**
 * The first way is what is measured, the last its reference. One round more than is counted: it
 * warms code and caches.
 */
export const inTurns = async (
  { bench, task }: TestContext,
  unit: Work["unit"],
  perCall: number,
  ways: ReadonlyArray<Way>
): Promise<void> => {
  task.meta.work = { unit, perCall, ways: ways.map(({ name }) => name) }
  for (let round = 0; round <= inject("rounds"); round++) {
    const order = Effect.runSync(Random.shuffle(ways))
    await bench.compare(...order.map(({ async, name, run }) => bench(name, { async }, run)), {
      time: MOMENT_MS,
      iterations: 1,
      warmup: false
    })
  }
}
