import { assert, describe, it } from "@effect/vitest"
import { podName, slug } from "../../src/pod/PodName.ts"
import type { TaskIdentity } from "../../src/task/TaskValues.ts"
import { task } from "../fixtures.ts"

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
const identity = task().identity

describe("slug", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["company.team-daily", "companyteam-daily"],
    ["Été à la_mer", "ete-a-la-mer"],
    ["__a--b__", "a-b"],
    ["日本", ""],
    ["A\tB", "a-b"]
  ]
  for (const [text, expected] of cases) {
    it(`'${text}' is '${expected}'`, () => {
      assert.strictEqual(slug(text), expected)
    })
  }
})

describe("podName", () => {
  it("is readable, and the same for the same task run and attempt", () => {
    assert.match(podName(identity), /^companyteam-daily-hello-[a-z2-7]{10}$/)
    assert.strictEqual(podName({ ...identity, executionId: "another" }), podName(identity))
  })
  it("differs by task run, attempt, flow and namespace", () => {
    const names = [
      podName(identity),
      podName({ ...identity, taskRunId: "run-2" }),
      podName({ ...identity, attempt: 1 }),
      podName({ ...identity, flowId: "daily." }),
      podName({ ...identity, namespace: "companyteam" })
    ]
    assert.strictEqual(new Set(names).size, names.length)
  })
  it("is a DNS label of at most 63 characters, whatever the names", () => {
    const parts = [
      "",
      "a",
      "-",
      "_x_",
      "日本",
      "É",
      "a".repeat(51),
      "a".repeat(52),
      "b".repeat(300),
      "a-".repeat(40),
      "9"
    ]
    const names = parts.flatMap((namespace) =>
      parts.map((flowId): TaskIdentity => ({ ...identity, namespace, flowId, taskId: flowId }))
    )
    for (const one of names) {
      assert.match(podName(one), DNS_LABEL)
      assert.isAtMost(podName(one).length, 63)
    }
  })
})
