import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import { RunError, RunReason } from "@podwright/runner"
import { runAdvice } from "../../src/report/RunAdvice.ts"

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
    assert.include(runAdvice(configError({ missing: "cluster" })), "--local")
  })
  it("says nothing of settings that are wrong", () => {
    assert.strictEqual(runAdvice(configError({})), "")
  })
})
