import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { RunnerProperties } from "../../src/properties/RunnerProperties.ts"
import { runnerJsonSchema, runnerReference } from "../../src/properties/RunnerReference.ts"

describe("runnerJsonSchema", () => {
  it("is what runner.schema.json publishes", () => {
    const published = readFileSync(new URL("../../runner.schema.json", import.meta.url), "utf8")
    const how = "write it anew: podwright properties --output json-schema > packages/spec-builder/runner.schema.json"
    assert.deepStrictEqual(JSON.parse(published), runnerJsonSchema(), how)
  })

  const { properties } = runnerJsonSchema()
  const property = (name: string): unknown => (Object(properties) as Record<string, unknown>)[name]

  it("takes no unknown name, at any depth", () => {
    const open: Array<string> = []
    const visit = (schema: unknown, path: string): void => {
      const { additionalProperties, properties: inner } = Object(schema)
      if (inner === undefined) return
      if (additionalProperties !== false) open.push(path)
      for (const [name, one] of Object.entries(inner)) visit(one, `${path}.${name}`)
    }
    visit(runnerJsonSchema(), "runner")
    assert.deepStrictEqual(open, [])
  })

  it("takes booleans as text, durations in either form, and expressions in the place of any value", () => {
    const { anyOf, default: whether } = Object(property("resume"))
    assert.strictEqual(whether, true)
    assert.deepStrictEqual(anyOf, [
      { type: "boolean" },
      { type: "string", enum: ["true", "false"] },
      { type: "string", pattern: "\\{[{%]" }
    ])
    const [duration, expression] = Object(property("waitForLogs")).anyOf
    for (const text of ["PT30S", "pt1h30m", "P1DT2H", "90s", "1h30m", "1.5h", ".5s", "0", " 90s "]) {
      assert.match(text, new RegExp(duration.pattern), text)
    }
    for (const text of ["soon", "90", "1y", "-5s"]) assert.notMatch(text, new RegExp(duration.pattern), text)
    assert.match("{{ inputs.wait }}", new RegExp(expression.pattern))
  })
})

describe("runnerReference", () => {
  const references = runnerReference()

  it("has every property of the schema, each with a kind and a description", () => {
    const names = references.filter(({ name }) => !name.includes(".")).map(({ name }) => name)
    assert.deepStrictEqual(names, Object.keys(RunnerProperties.fields))
    for (const { description, kind, name } of references) {
      assert.match(description, /^[^a-z].*\.$/, name)
      assert.notStrictEqual(kind, "value", name)
    }
  })

  it("has the reference's defaults", () => {
    const found = references.filter((one) => one.default !== undefined).map((one) => [one.name, one.default])
    assert.deepStrictEqual(found, [
      ["config.apiVersion", "v1"],
      ["config.disableHostnameVerification", "false"],
      ["config.inherit", "true"],
      ["config.masterUrl", "https://kubernetes.default.svc"],
      ["config.oauthTokenProvider.task.interpreter", '["/bin/sh","-c"]'],
      ["config.oauthTokenProvider.task.method", "GET"],
      ["config.oauthTokenProvider.cache", "PT5M"],
      ["config.trustCerts", "false"],
      ["delete", "true"],
      ["fileSidecar.image", "busybox"],
      ["namespace", "default"],
      ["pullPolicy", "ALWAYS"],
      ["resume", "true"],
      ["syncWorkingDirectory", "false"],
      ["waitForLogs", "PT30S"],
      ["waitUntilCompletion", "PT1H"],
      ["waitUntilRunning", "PT10M"],
      ["onSpecChange", "fail"],
      ["transfer.compression", "none"],
      ["transfer.maxEntries", "1000000"],
      ["transfer.maxBytes", "1Ti"],
      ["transfer.maxDepth", "128"]
    ])
  })
})
