import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { API_VERBS, apiCall } from "../src/ApiVerb.ts"
import type { Fault } from "../src/Fault.ts"
import { decide, type FaultPlan, type FaultRule, initialPlanState } from "../src/FaultPlan.ts"
import { type Chance, drawFault, numbersFrom } from "../src/SeededChance.ts"

const PODS = "/api/v1/namespaces/team/pods"

describe("apiCall", () => {
  const cases: ReadonlyArray<readonly [string, string, string]> = [
    ["GET", PODS, "list"],
    ["GET", `${PODS}?labelSelector=a%3Db`, "list"],
    ["GET", `${PODS}?watch=1`, "watch"],
    ["GET", `${PODS}?watch=true&resourceVersion=7`, "watch"],
    ["GET", `${PODS}?watch=0`, "list"],
    ["GET", "/api/v1/pods", "list"],
    ["GET", `${PODS}/one`, "get"],
    ["POST", PODS, "create"],
    ["PATCH", `${PODS}/one`, "update"],
    ["DELETE", `${PODS}/one`, "delete"],
    ["GET", `${PODS}/one/log?follow=true`, "log"],
    ["GET", `${PODS}/one/exec?command=sh`, "exec"],
    ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "create"],
    ["GET", "/version", "other"],
    ["GET", "/api/v1", "other"]
  ]
  for (const [method, target, verb] of cases)
    it(`${method} ${target} is ${verb}`, () => assert.strictEqual(apiCall(method, target).verb, verb))
})

const A: Fault = { _tag: "LoseRequest" }
const B: Fault = { _tag: "LoseReply" }
const get = apiCall("GET", `${PODS}/one`)
const list = apiCall("GET", PODS)

const run = (plan: FaultPlan, calls: ReadonlyArray<typeof get>, seed = 1) => {
  let state = initialPlanState
  return calls.map((call) => {
    const [next, fault] = decide(plan, seed, state, call)
    state = next
    return fault
  })
}

describe("a script", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<FaultRule>, ReadonlyArray<Fault | undefined>]> = [
    ["without rules does nothing", [], [undefined, undefined, undefined, undefined]],
    ["befalls all that match", [{ verb: "get", fault: A }], [A, undefined, A, A]],
    ["befalls the nth that matches", [{ verb: "get", nth: 2, fault: A }], [undefined, undefined, A, undefined]],
    ["befalls so many from the first", [{ verb: "get", times: 2, fault: A }], [A, undefined, A, undefined]],
    ["befalls so many from the nth", [{ nth: 2, times: 2, fault: A }], [undefined, A, A, undefined]],
    ["matches paths", [{ path: "/one$", fault: A }], [A, undefined, A, A]],
    ["matches methods", [{ method: "POST", fault: A }], [undefined, undefined, undefined, undefined]],
    [
      "lets the first rule decide, and counts for all",
      [
        { nth: 1, fault: A },
        { verb: "get", nth: 2, fault: B },
        { verb: "get", fault: A }
      ],
      [A, undefined, B, A]
    ]
  ]
  for (const [what, script, expected] of cases)
    it(what, () => assert.deepStrictEqual(run({ script }, [get, list, get, get]), expected))
})

const everything: Chance = {
  rates: {
    refuse: 0.1,
    loseRequest: 0.1,
    loseReply: 0.1,
    cut: 0.1,
    stall: 0.1,
    truncate: 0.1,
    falseSuccess: 0.1,
    expire: 0.1
  },
  codes: [401, 403, 410, 429, 500, 503],
  cutEvery: { exec: 200 }
}
const Verb = Schema.Literals(API_VERBS)
const Nth = Schema.Int

describe("chance", () => {
  it.effect.prop(
    "is the same for the same seed, whatever comes between",
    [Schema.Int, Schema.Array(Verb)],
    ([seed, verbs]) =>
      Effect.sync(() => {
        const calls = verbs.map((verb) => ({ method: "GET", path: "/", verb }))
        const mixed = run({ chance: everything }, calls, seed)
        for (const verb of API_VERBS) {
          const alone = run(
            { chance: everything },
            calls.filter((call) => call.verb === verb),
            seed
          )
          assert.deepStrictEqual(
            alone,
            mixed.filter((_, index) => verbs[index] === verb)
          )
        }
      })
  )

  it.effect.prop("gives no verb what cannot befall it", [Schema.Int, Verb, Nth], ([seed, verb, nth]) =>
    Effect.sync(() => {
      const fault = drawFault(seed, everything, { method: "GET", path: "/", verb }, nth)
      if (fault?._tag === "FalseSuccess") assert.strictEqual(verb, "exec")
      if (fault?._tag === "Expire") assert.strictEqual(verb, "watch")
      if (fault?._tag === "Refuse" && fault.code === 410) assert.include(["list", "watch"], verb)
    })
  )

  it("befalls as many as its rates say", () => {
    const chance: Chance = { rates: { refuse: 0.2, truncate: 0.05 } }
    const drawn = Array.from({ length: 20_000 }, (_, nth) => drawFault(42, chance, get, nth)?._tag)
    const part = (tag: string | undefined) => drawn.filter((one) => one === tag).length / drawn.length
    assert.closeTo(part("Refuse"), 0.2, 0.01)
    assert.closeTo(part("Truncate"), 0.05, 0.01)
    assert.closeTo(part(undefined), 0.75, 0.01)
  })

  it("cuts streams after the time it was given, on average", () => {
    const chance: Chance = { cutEvery: { exec: 200 } }
    const exec = apiCall("GET", `${PODS}/one/exec`)
    const times = Array.from({ length: 20_000 }, (_, nth) => {
      const fault = drawFault(42, chance, exec, nth)
      return fault?._tag === "Cut" ? (fault.afterMillis ?? 0) : Number.NaN
    })
    assert.closeTo(times.reduce((sum, one) => sum + one) / times.length, 200, 5)
    assert.isUndefined(drawFault(42, chance, get, 0))
  })

  it("draws evenly", () => {
    const next = numbersFrom(7)
    const buckets = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 100_000; i++) {
      const index = Math.floor(next() * 10)
      buckets[index] = (buckets[index] ?? 0) + 1
    }
    for (const count of buckets) assert.closeTo(count, 10_000, 500)
  })
})
