import { assert, describe, it } from "@effect/vitest"
import { FileSyncError, FileSyncReason } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { decodeRetry, SpecError, SpecIssue, SpecReason } from "@podwright/spec-builder"
import { Duration, Effect, Result, Schema } from "effect"
import {
  classifyFailure,
  decideRetry,
  type FailureClass,
  INFRASTRUCTURE_RETRIES,
  type RetryHistory,
  retryDelay
} from "../../src/attempts/RetryPolicy.ts"
import { Diagnosis } from "../../src/diagnosis/Diagnosis.ts"
import { RunError } from "../../src/task/RunError.ts"
import {
  CursorMismatch,
  Files,
  Kube,
  OutputMissing,
  PodExists,
  PodFailed,
  type RunReason,
  Spec,
  TimedOut
} from "../../src/task/RunReason.ts"
import { type CauseName, causes } from "../support/causes.ts"

const retryOf = (retry: object) => Result.getOrThrow(decodeRetry(retry))
const error = (reason: RunReason) => new RunError({ operation: "run", reason })
const pod = (cause: CauseName) =>
  new PodFailed({ diagnosis: new Diagnosis({ cause: causes[cause], kind: "transient", summary: "s", remedy: "r" }) })
const kube = (reason: KubeError["reason"]) =>
  new Kube({ error: new KubeError({ operation: "Pods.get", subject: {}, reason }) })
const forbidden = (detail: string) =>
  kube({ _tag: "Forbidden", verb: "create", resource: "pods", namespace: "n", detail })

describe("classifyFailure", () => {
  const issue = new SpecIssue({ source: "task", path: [], message: "m" })
  const spec = new SpecError({ operation: "buildPod", reason: new SpecReason.InvalidTask({ issues: [issue] }) })
  const files = (reason: FileSyncError["reason"]) =>
    new Files({ error: new FileSyncError({ operation: "run session", reason }) })
  const cases: ReadonlyArray<readonly [string, RunReason, FailureClass]> = [
    ["an evicted pod", pod("Evicted"), "infrastructure"],
    ["R20 a pod that exceeded a storage limit of its own", pod("StorageLimit"), "failure"],
    ["a preempted pod", pod("Preempted"), "infrastructure"],
    ["a lost node", pod("NodeLost"), "infrastructure"],
    ["a node that did not take the pod", pod("NodeRefused"), "infrastructure"],
    ["a pod that somebody deleted", pod("Deleted"), "failure"],
    ["a pull that failed", pod("ImagePull"), "failure"],
    ["an invalid image name", pod("ImageName"), "final"],
    ["time that ran out", new TimedOut({ stage: "running", limit: "timeout", seconds: 1, spentOn: "x" }), "failure"],
    ["outputs that are missing", new OutputMissing({ names: ["a"] }), "failure"],
    ["a pod of that name", new PodExists({ pod: "p", owner: "o" }), "failure"],
    ["a server that is away", kube({ _tag: "Unreachable", address: "a", detail: "d" }), "failure"],
    ["a quota", forbidden("exceeded quota: q"), "failure"],
    ["a permission", forbidden('User "u" cannot create resource "pods" in API group "" in the namespace "n"'), "final"],
    ["a pod that is refused", kube({ _tag: "Invalid", detail: "d", causes: [] }), "final"],
    ["a kubeconfig that is wrong", kube({ _tag: "Config", detail: "d" }), "final"],
    ["a task that is wrong", new Spec({ error: spec }), "final"],
    ["a cursor of another log", new CursorMismatch({ given: "volume", expected: "kubelet" }), "final"],
    ["a pattern that is wrong", files(new FileSyncReason.PatternInvalid({ pattern: "p", detail: "d" })), "final"],
    [
      "an input that is not there",
      files(new FileSyncReason.InputUnreadable({ name: "n", source: "s", detail: "d" })),
      "final"
    ],
    ["a transfer that was lost", files(new FileSyncReason.Lost({ detail: "d" })), "failure"]
  ]
  it.each(cases)("%s", (_, reason, expected) => assert.strictEqual(classifyFailure(error(reason)), expected))
})

describe("decideRetry", () => {
  const history = (different: Partial<RetryHistory> = {}): RetryHistory => ({
    attempts: 1,
    infrastructureRetries: 0,
    firstStartedAt: 1_000,
    lastEndedAt: 11_000,
    ...different
  })
  const constant = { type: "constant", interval: "PT5S" }
  const cases: ReadonlyArray<readonly [string, FailureClass, Partial<RetryHistory>, object | undefined, string]> = [
    ["a failure without retry", "failure", {}, undefined, "GiveUp undefined"],
    ["a failure with retry", "failure", {}, constant, "retry 5000"],
    ["a final failure", "final", {}, constant, "GiveUp undefined"],
    ["the only attempt", "failure", {}, { ...constant, maxAttempts: 1 }, "GiveUp attempt 1 of 1 (maxAttempts)"],
    ["the last but one attempt", "failure", { attempts: 2 }, { ...constant, maxAttempts: 3 }, "retry 5000"],
    [
      "the last attempt",
      "failure",
      { attempts: 3 },
      { ...constant, maxAttempts: 3 },
      "GiveUp attempt 3 of 3 (maxAttempts)"
    ],
    ["an attempt that would start at maxDuration", "failure", {}, { ...constant, maxDuration: "PT15S" }, "retry 5000"],
    [
      "an attempt that would start after maxDuration",
      "failure",
      {},
      { ...constant, maxDuration: "PT14S" },
      "GiveUp the next attempt would start later than maxDuration allows"
    ],
    ["a lost node", "infrastructure", {}, undefined, "infrastructure 5000"],
    ["a second lost node", "infrastructure", { infrastructureRetries: 1 }, undefined, "infrastructure 10000"],
    [
      "a lost node, though the attempts are used up",
      "infrastructure",
      {},
      { ...constant, maxAttempts: 1 },
      "infrastructure 5000"
    ],
    [
      "a lost node after maxDuration",
      "infrastructure",
      {},
      { ...constant, maxDuration: "PT12S" },
      "GiveUp the next attempt would start later than maxDuration allows"
    ],
    [
      "more lost nodes than the budget, without retry",
      "infrastructure",
      { infrastructureRetries: 3 },
      undefined,
      "GiveUp repeated 3 times for the infrastructure, and no retry"
    ],
    [
      "more lost nodes than the budget, with retry",
      "infrastructure",
      { infrastructureRetries: 3 },
      { ...constant, maxAttempts: 2 },
      "retry 5000"
    ]
  ]
  it.each(cases)("%s", (_, failure, different, retry, expected) => {
    const decision = decideRetry(
      failure,
      history(different),
      retry === undefined ? undefined : retryOf(retry),
      INFRASTRUCTURE_RETRIES,
      0.5
    )
    assert.strictEqual(
      decision._tag === "Retry" ? `${decision.budget} ${decision.delayMs}` : `GiveUp ${decision.why}`,
      expected
    )
  })
})

describe("retryDelay", () => {
  it("doubles from the interval to the most, as the reference does", () => {
    const retry = retryOf({ type: "exponential", interval: "1s", maxInterval: "10s" })
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5, 6, 2000].map((attempts) => retryDelay(retry, attempts, 0)),
      [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]
    )
  })

  it("takes fractional factors as they are", () => {
    const retry = retryOf({ type: "exponential", interval: "1s", maxInterval: "10s", delayFactor: 1.5 })
    assert.deepStrictEqual(
      [1, 2, 3].map((attempts) => retryDelay(retry, attempts, 0)),
      [1_000, 1_500, 2_250]
    )
  })

  const positive = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))
  const random = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))

  it.effect.prop(
    "of an exponential retry never shrinks and stays within its bounds",
    [positive, positive, Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 10 })), positive],
    ([interval, more, delayFactor, attempts]) =>
      Effect.sync(() => {
        const maxInterval = interval + more
        const retry = retryOf({
          type: "exponential",
          interval: `${interval}ms`,
          maxInterval: `${maxInterval}ms`,
          delayFactor
        })
        const [delay, next] = [attempts, attempts + 1].map((count) => retryDelay(retry, count, 0))
        assert.isTrue(
          delay !== undefined && next !== undefined && delay >= interval && delay <= next && next <= maxInterval
        )
      })
  )

  it.effect.prop(
    "of a random retry is in its range, the end excluded",
    [positive, positive, random],
    ([least, more, at]) =>
      Effect.sync(() => {
        const retry = retryOf({ type: "random", minInterval: `${least}ms`, maxInterval: `${least + more}ms` })
        const delay = retryDelay(retry, 1, at)
        assert.isTrue(delay >= least && delay < least + more)
      })
  )

  it("of the infrastructure's budget goes from 5 s to a minute", () => {
    const delays = Array.from({ length: 6 }, (_, infrastructureRetries) => {
      const many = { ...INFRASTRUCTURE_RETRIES, retries: 9 }
      const history = { attempts: 1, infrastructureRetries, firstStartedAt: 0, lastEndedAt: 0 }
      const decision = decideRetry("infrastructure", history, undefined, many, 0)
      return decision._tag === "Retry" ? Duration.toSeconds(Duration.millis(decision.delayMs)) : undefined
    })
    assert.deepStrictEqual(delays, [5, 10, 20, 40, 60, 60])
  })
})
