import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import { decodeRetry } from "../../src/properties/RetryProperties.ts"
import { decodeTaskCache } from "../../src/properties/TaskCacheProperties.ts"

const issuesOf = (result: ReturnType<typeof decodeRetry | typeof decodeTaskCache>): ReadonlyArray<string> => {
  const { issues } = Result.getOrThrow(
    Result.flip<unknown, { readonly issues: ReadonlyArray<{ path: ReadonlyArray<unknown>; message: string }> }>(result)
  )
  return issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`)
}

describe("decodeRetry", () => {
  it("reads each type, with the reference's defaults", () => {
    const defaults = { warningOnRetry: false, behavior: "RETRY_FAILED_TASK" }
    const [constant, random, exponential] = [
      { type: "constant", interval: "PT1S", maxAttempts: 3 },
      { type: "random", minInterval: "1s", maxInterval: "10s", maxDuration: "PT1M" },
      {
        type: "exponential",
        interval: "1s",
        maxInterval: "1m",
        maxAttempt: 5,
        warningOnRetry: "true",
        maxDuration: null
      }
    ].map((retry) => Result.getOrThrow(decodeRetry(retry)))
    assert.deepStrictEqual<object | undefined>(constant, {
      type: "constant",
      interval: Duration.seconds(1),
      maxAttempts: 3,
      ...defaults
    })
    assert.deepStrictEqual<object | undefined>(random, {
      type: "random",
      minInterval: Duration.seconds(1),
      maxInterval: Duration.seconds(10),
      maxDuration: Duration.minutes(1),
      ...defaults
    })
    assert.deepStrictEqual<object | undefined>(exponential, {
      type: "exponential",
      interval: Duration.seconds(1),
      maxInterval: Duration.minutes(1),
      delayFactor: 2,
      maxAttempts: 5,
      ...defaults,
      warningOnRetry: true
    })
  })

  const wrong: ReadonlyArray<readonly [string, unknown, ReadonlyArray<string | RegExp>]> = [
    [
      "text instead of an object",
      "PT1S",
      [": expected an object such as { type: constant, interval: PT30S, maxAttempts: 3 }"]
    ],
    ["a missing type", { interval: "PT1S" }, ["type: expected one of constant, random, exponential"]],
    [
      "a type in capitals",
      { type: "Constant" },
      ["type: expected one of constant, random, exponential, not 'Constant'; did you mean 'constant'?"]
    ],
    ["a number as type", { type: 7 }, ["type: expected one of constant, random, exponential, not '7'"]],
    ["a missing interval", { type: "constant" }, ["interval: Missing key"]],
    [
      "a property of another type",
      { type: "constant", interval: "1s", delayFactor: 2 },
      [/^delayFactor: unknown property 'delayFactor'; known here: type, interval, maxAttempts/]
    ],
    [
      "a misspelt name",
      { type: "constant", intervall: "1s" },
      ["intervall: unknown property 'intervall'; did you mean 'interval'?", "interval: Missing key"]
    ],
    [
      "zero attempts",
      { type: "constant", interval: "1s", maxAttempts: 0 },
      [/^maxAttempts: Expected a value greater than or equal to 1/]
    ],
    ["a fraction of an attempt", { type: "constant", interval: "1s", maxAttempts: 1.5 }, [/^maxAttempts: /]],
    ["an interval of zero", { type: "constant", interval: "PT0S" }, ["interval: expected a duration longer than zero"]],
    [
      "text that is not a duration",
      { type: "constant", interval: "soon" },
      [/^interval: expected a duration such as PT1H30M/]
    ],
    ["an unknown behavior", { type: "constant", interval: "1s", behavior: "AGAIN" }, [/^behavior: /]],
    [
      "maxAttempts beside its older name",
      { type: "constant", interval: "1s", maxAttempts: 2, maxAttempt: 2 },
      ["maxAttempt: is an older name of maxAttempts; give one of them"]
    ],
    [
      "a constant interval that is not less than maxDuration",
      { type: "constant", interval: "1m", maxDuration: "60s" },
      ["interval: expected less than maxDuration"]
    ],
    [
      "a random range whose ends are the wrong way round",
      { type: "random", minInterval: "2s", maxInterval: "1s" },
      ["minInterval: expected less than maxInterval"]
    ],
    [
      "a random range beyond maxDuration",
      { type: "random", minInterval: "1s", maxInterval: "9s", maxDuration: "5s" },
      ["maxInterval: expected less than maxDuration"]
    ],
    [
      "an exponential interval beyond both limits",
      { type: "exponential", interval: "9s", maxInterval: "5s", maxDuration: "5s" },
      ["interval: expected less than maxInterval", "interval: expected less than maxDuration"]
    ],
    [
      "a factor that shrinks",
      { type: "exponential", interval: "1s", maxInterval: "5s", delayFactor: 0.5 },
      [/^delayFactor: Expected a value greater than or equal to 1/]
    ]
  ]
  it.each(wrong)("refuses %s", (_, retry, expected) => {
    const issues = issuesOf(decodeRetry(retry))
    assert.strictEqual(issues.length, expected.length, issues.join("\n"))
    for (const [index, words] of expected.entries())
      typeof words === "string" ? assert.strictEqual(issues[index], words) : assert.match(issues[index] ?? "", words)
  })
})

describe("decodeTaskCache", () => {
  it("reads both properties", () => {
    assert.deepStrictEqual(Result.getOrThrow(decodeTaskCache({ enabled: true, ttl: "PT1H" })), {
      enabled: true,
      ttl: Duration.hours(1)
    })
    assert.deepStrictEqual(Result.getOrThrow(decodeTaskCache({ enabled: "false" })), { enabled: false })
  })

  it("refuses what is wrong", () => {
    assert.deepStrictEqual(issuesOf(decodeTaskCache({ ttl: "PT0S", enable: true })), [
      "enable: unknown property 'enable'; did you mean 'enabled'?",
      "enabled: Missing key",
      "ttl: expected a duration longer than zero"
    ])
  })
})
