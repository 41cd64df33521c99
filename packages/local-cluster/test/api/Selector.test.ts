import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { fieldSelector, labelSelector } from "../../src/api/Selector.ts"

const pod = {
  metadata: { name: "a", namespace: "n", labels: { app: "web", tier: "front", "podwright.dev/flow-id": "f" } },
  spec: { nodeName: "local" },
  status: { phase: "Running" }
}

describe("labelSelector", () => {
  const table: ReadonlyArray<readonly [string, boolean]> = [
    ["", true],
    ["app=web", true],
    ["app==web", true],
    ["app = web", true],
    ["app=", false],
    ["app!=web", false],
    ["other!=web", true],
    ["app=web,tier=front", true],
    ["app=web,tier=back", false],
    ["podwright.dev/flow-id=f", true],
    ["app", true],
    ["other", false],
    ["!other", true],
    ["! app", false],
    ["app in (web,api)", true],
    ["app in (api)", false],
    ["app notin (api, db)", true],
    ["other notin (api)", true],
    ["other in (api)", false],
    ["app in (web,api),tier=front", true]
  ]
  for (const [text, expected] of table) {
    it(`${JSON.stringify(text)} ${expected ? "selects" : "does not select"}`, () => {
      assert.strictEqual(Result.getOrThrow(labelSelector(text))(pod), expected)
    })
  }

  it("treats names of Object's own as labels like any other", () => {
    assert.isFalse(Result.getOrThrow(labelSelector("constructor"))(pod))
  })

  for (const text of ["!!", "a=b=c", "app in web", "=x"]) {
    it(`${JSON.stringify(text)} is refused`, () => {
      const result = labelSelector(text)
      assert.isTrue(Result.isFailure(result) && result.failure.code === 400)
    })
  }
})

describe("fieldSelector", () => {
  const table: ReadonlyArray<readonly [string, boolean]> = [
    ["", true],
    ["metadata.name=a", true],
    ["metadata.name=b", false],
    ["metadata.name!=b,status.phase=Running", true],
    ["spec.nodeName==local", true],
    ["status.podIP=", true]
  ]
  for (const [text, expected] of table) {
    it(`${JSON.stringify(text)} ${expected ? "selects" : "does not select"}`, () => {
      assert.strictEqual(Result.getOrThrow(fieldSelector("pods", text))(pod), expected)
    })
  }

  it("refuses a field that the real server does not know, in its words", () => {
    const result = fieldSelector("pods", "foo=bar")
    assert.strictEqual(Result.isFailure(result) && result.failure.message, "field label not supported: foo")
  })
})
