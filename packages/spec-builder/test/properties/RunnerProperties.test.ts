import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import { SpecError } from "../../src/error/SpecError.ts"
import { PACKAGE_VERSION } from "../../src/PackageVersion.ts"
import { decodeRunnerProperties } from "../../src/properties/RunnerDecoding.ts"
import { RunnerProperties } from "../../src/properties/RunnerProperties.ts"

const issuesOf = (input: unknown): ReadonlyArray<readonly [string, string]> => {
  const error = Result.getOrThrow(Result.flip(decodeRunnerProperties(input)))
  assert.instanceOf(error, SpecError)
  assert.strictEqual(error.reason._tag, "InvalidProperties")
  assert.isFalse(error.retryable)
  return error.issues.map((issue) => [issue.path.join("."), issue.message])
}

const onlyIssueOf = (input: unknown): readonly [string, string] => {
  const issues = issuesOf(input)
  assert.lengthOf(issues, 1)
  return issues[0] ?? ["", ""]
}

describe("decodeRunnerProperties", () => {
  it("knows every name of the reference, and our own four", () => {
    assert.deepStrictEqual(Object.keys(RunnerProperties.fields).sort(), [
      "config",
      "containerDefaultSpec",
      "containerSpec",
      "delete",
      "fileSideCarSpec",
      "fileSidecar",
      "labels",
      "logs",
      "namespace",
      "nodeSelector",
      "onSpecChange",
      "podSpec",
      "pullPolicy",
      "resources",
      "resume",
      "serviceAccountName",
      "syncWorkingDirectory",
      "transfer",
      "version",
      "volume",
      "waitForLogs",
      "waitUntilCompletion",
      "waitUntilRunning"
    ])
  })

  it("has the reference's defaults", () => {
    const found = Result.getOrThrow(decodeRunnerProperties({}))
    const { waitForLogs, waitUntilCompletion, waitUntilRunning, ...rest } = found
    assert.deepStrictEqual(rest, {
      delete: true,
      fileSidecar: {},
      labels: {},
      onSpecChange: "fail",
      resume: true,
      syncWorkingDirectory: false,
      transfer: {},
      volume: {}
    })
    assert.deepStrictEqual(
      [waitForLogs, waitUntilCompletion, waitUntilRunning].map(Duration.toSeconds),
      [30, 3600, 600]
    )
  })

  it("reads every property", () => {
    const input = {
      config: { disableHostnameVerification: true, inherit: false, masterUrl: "https://x", trustCerts: true },
      containerDefaultSpec: { securityContext: { runAsUser: 1 } },
      containerSpec: { env: [] },
      delete: false,
      fileSideCarSpec: { tty: false },
      fileSidecar: { image: "tools", resources: { requests: { cpu: "1" } }, defaultSpec: { a: 1 } },
      labels: { a: "b" },
      logs: "kubelet",
      namespace: "ns",
      nodeSelector: { disk: "ssd" },
      onSpecChange: "replace",
      podSpec: { priorityClassName: "high" },
      pullPolicy: "NEVER",
      resources: { request: { cpu: "500m", "nvidia.com/gpu": "1" }, limit: { memory: "1Gi" } },
      resume: false,
      serviceAccountName: "sa",
      syncWorkingDirectory: true,
      transfer: { compression: "gzip", maxEntries: 10, maxBytes: "1Gi", maxDepth: 3 },
      version: PACKAGE_VERSION,
      volume: { sizeLimit: "1Gi", medium: "Memory" }
    }
    const { waitForLogs, waitUntilCompletion, waitUntilRunning, ...rest } = Result.getOrThrow(
      decodeRunnerProperties({ ...input, waitForLogs: "5s", waitUntilCompletion: "PT2H", waitUntilRunning: "1h30m" })
    )
    assert.deepStrictEqual<unknown>(rest, input)
    assert.deepStrictEqual(
      [waitForLogs, waitUntilCompletion, waitUntilRunning].map(Duration.toSeconds),
      [5, 7200, 5400]
    )
  })

  it("takes booleans as text, and YAML's plain values where only text can be meant", () => {
    const found = Result.getOrThrow(
      decodeRunnerProperties({
        delete: "false",
        resume: "true",
        labels: { tier: 1, on: true },
        nodeSelector: { zone: 2 },
        resources: { request: { cpu: 2 } }
      })
    )
    assert.strictEqual(found.delete, false)
    assert.strictEqual(found.resume, true)
    assert.deepStrictEqual(found.labels, { tier: "1", on: "true" })
    assert.deepStrictEqual(found.nodeSelector, { zone: "2" })
    assert.deepStrictEqual(found.resources, { request: { cpu: "2" } })
  })

  it("takes a key without a value for absent", () => {
    assert.deepStrictEqual(decodeRunnerProperties({ labels: null, podSpec: null }), decodeRunnerProperties({}))
    assert.deepStrictEqual(
      decodeRunnerProperties({ fileSidecar: { image: null, resources: { limits: null } }, volume: { medium: null } }),
      decodeRunnerProperties({ fileSidecar: { resources: {} } })
    )
    const fragment = { containerSpec: { imagePullPolicy: null } }
    assert.deepStrictEqual(Result.getOrThrow(decodeRunnerProperties(fragment)).containerSpec, { imagePullPolicy: null })
  })

  it("keeps __proto__ of a fragment as data", () => {
    const input: unknown = JSON.parse('{"containerSpec":{"__proto__":{"polluted":true}}}')
    const found = Result.getOrThrow(decodeRunnerProperties(input))
    assert.strictEqual(JSON.stringify(found.containerSpec), '{"__proto__":{"polluted":true}}')
    assert.isFalse("polluted" in {})
  })

  const refused: ReadonlyArray<readonly [string, unknown, string, RegExp]> = [
    ["a typing mistake", { containerspec: {} }, "containerspec", /did you mean 'containerSpec'/],
    ["a nested typing mistake", { fileSidecar: { imgae: "x" } }, "fileSidecar.imgae", /did you mean 'image'/],
    ["requests for request", { resources: { requests: {} } }, "resources.requests", /did you mean 'request'/],
    ["a name unlike any property", { colour: 1 }, "colour", /unknown property 'colour'; known here: config, /],
    ["a wrong type", { podSpec: [] }, "podSpec", /./],
    ["an unknown pull policy", { pullPolicy: "Always" }, "pullPolicy", /"ALWAYS" \| "IF_NOT_PRESENT" \| "NEVER"/],
    ["a boolean written as yes", { delete: "yes" }, "delete", /./],
    [
      "text that is not a duration",
      { waitForLogs: "soon" },
      "waitForLogs",
      /such as PT1H30M, 90s or 1h30m, not 'soon'/
    ],
    ["a duration of zero", { waitUntilRunning: "PT0S" }, "waitUntilRunning", /longer than zero/],
    ["text that is not a quantity", { resources: { limit: { memory: "1GB" } } }, "resources.limit.memory", /128Mi/],
    ["a label whose value is an object", { labels: { a: {} } }, "labels.a", /./],
    [
      "a version that this one does not match",
      { version: "999" },
      "version",
      /asks for podwright 999, and this is version \d+\.\d+\.\d+/
    ],
    ["text that is not a version", { version: "latest" }, "version", /expected MAJOR.*not 'latest'/],
    [
      "a nested resource name in the wrong place",
      { resources: { cpu: 1 } },
      "resources.cpu",
      /known here: request, limit/
    ],
    [
      "a typing mistake in the helper's resources",
      { fileSidecar: { resources: { limts: {} } } },
      "fileSidecar.resources.limts",
      /'limits'/
    ],
    [
      "a typing mistake in the volume",
      { volume: { sizelimit: "1Gi" } },
      "volume.sizelimit",
      /did you mean 'sizeLimit'/
    ],
    ["text instead of an object", "text", "", /./]
  ]
  for (const [name, input, path, message] of refused) {
    it(`refuses ${name}`, () => {
      const [foundPath, foundMessage] = onlyIssueOf(input)
      assert.strictEqual(foundPath, path)
      assert.match(foundMessage, message)
    })
  }

  it("reports all issues at once, each with its path", () => {
    const issues = issuesOf({ namespac: "x", delete: 5, fileSidecar: { defaultspec: {} } })
    assert.deepStrictEqual(issues.map(([path]) => path).sort(), ["delete", "fileSidecar.defaultspec", "namespac"])
  })
})
