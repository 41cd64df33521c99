import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import { RunError, RunReason } from "@podwright/runner"
import { runAdvice, takeOverCommand } from "../../src/report/RunAdvice.ts"

const configError = (missing: { readonly missing?: "cluster" }) =>
  new RunError({
    operation: "RunConnections.open",
    reason: new RunReason.Kube({
      error: new KubeError({
        operation: "KubeConnection.open",
        subject: {},
        reason: { _tag: "Config", detail: "d", ...missing }
      })
    })
  })

describe("runAdvice", () => {
  it("names --local where no cluster is configured", () => {
    assert.include(runAdvice(configError({ missing: "cluster" }), undefined), "--local")
  })
  it("says nothing of settings that are wrong", () => {
    assert.strictEqual(runAdvice(configError({}), undefined), "")
  })
  it("ends the word of a detached pod with the command that takes it over", () => {
    const detached = (pod: string | null) => new RunError({ operation: "o", reason: new RunReason.Detached({ pod }) })
    assert.strictEqual(runAdvice(detached("p"), "podwright run"), ": podwright run")
    assert.strictEqual(runAdvice(detached(null), "podwright run"), "")
  })
})

describe("takeOverCommand", () => {
  const table: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["adds the id", ["run", "task.yaml"], "podwright run --execution-id e1 task.yaml"],
    [
      "replaces an id and a place in the log that were given",
      ["run", "--execution-id", "old", "a.yaml", "--log-cursor={}", "--execution-id=older"],
      "podwright run --execution-id e1 a.yaml"
    ],
    [
      "quotes what a shell would read otherwise",
      ["run", "my task.yaml", "--input", "name=it's"],
      "podwright run --execution-id e1 'my task.yaml' --input 'name=it'\\''s'"
    ],
    [
      "hides the value of a secret, however it was given",
      ["run", "a.yaml", "--input", "token=x=y", "--input=token=x", "--input", "user=me"],
      "podwright run --execution-id e1 a.yaml --input 'token=***' '--input=token=***' --input user=me"
    ]
  ]
  it.each(table)("%s", (_name, args, expected) => {
    assert.strictEqual(takeOverCommand(args, "e1", new Set(["token"])), expected)
  })
})
