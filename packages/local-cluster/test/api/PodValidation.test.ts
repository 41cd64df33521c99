import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import { type PodSpec, type ValidPodSpec, validatePod } from "../../src/api/PodValidation.ts"

const good: ValidPodSpec = { containers: [{ name: "a", image: "busybox" }] }
const refusal = (name: string, labels: unknown, spec: PodSpec) =>
  Option.getOrUndefined(Result.getFailure(validatePod(name, labels, spec)))
const messages = (spec: PodSpec, name = "a", labels: unknown = {}) =>
  (refusal(name, labels, spec)?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)

describe("validatePod", () => {
  it("has nothing against a small pod", () =>
    assert.deepStrictEqual(validatePod("a", undefined, good), Result.succeed(good)))

  it("says everything at once, as a real server does", () => {
    const status = refusal("A_b", undefined, {
      restartPolicy: "Sometimes",
      activeDeadlineSeconds: 0,
      containers: [
        { name: "m" },
        {
          name: "m",
          image: "x",
          volumeMounts: [{ name: "v", mountPath: "/x" }],
          resources: { limits: { memory: "1Gi" }, requests: { memory: "2Gi" } }
        }
      ]
    })
    // Recorded from Kubernetes 1.35.4.
    assert.strictEqual(
      status?.message,
      `Pod "A_b" is invalid: [metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.containers[0].image: Required value, spec.containers[1].volumeMounts[0].name: Not found: "v", spec.containers[1].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi, spec.containers[1].name: Duplicate value: "m", spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never", spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive]`
    )
    assert.strictEqual(status?.code, 422)
    assert.deepStrictEqual(
      status?.details?.causes?.map(({ reason }) => reason),
      [
        "FieldValueInvalid",
        "FieldValueRequired",
        "FieldValueNotFound",
        "FieldValueInvalid",
        "FieldValueDuplicate",
        "FieldValueNotSupported",
        "FieldValueInvalid"
      ]
    )
  })

  const table: ReadonlyArray<readonly [string, PodSpec, RegExp]> = [
    ["no container", { containers: [] }, /^spec\.containers: Required value$/],
    ["a container without a name", { containers: [{ image: "x" }] }, /^spec\.containers\[0\]\.name: Required value$/],
    ["a name that is no label", { containers: [{ name: "A", image: "x" }] }, /RFC 1123 label/],
    [
      "an init container of a main one's name",
      { ...good, initContainers: [{ name: "a", image: "x" }] },
      /^spec\.containers\[0\]\.name: Duplicate value: "a"$/
    ],
    [
      "a volume without a type",
      { ...good, volumes: [{ name: "v" }] },
      /^spec\.volumes\[0\]: Required value: must specify a volume type$/
    ],
    [
      "two volumes of one name",
      {
        ...good,
        volumes: [
          { name: "v", emptyDir: {} },
          { name: "v", emptyDir: {} }
        ]
      },
      /^spec\.volumes\[1\]\.name: Duplicate value: "v"$/
    ],
    [
      "a mount without a path",
      {
        containers: [{ name: "a", image: "x", volumeMounts: [{ name: "v" }] }],
        volumes: [{ name: "v", emptyDir: {} }]
      },
      /mountPath: Required value$/
    ],
    [
      "two mounts on one path",
      {
        containers: [
          {
            name: "a",
            image: "x",
            volumeMounts: [
              { name: "v", mountPath: "/v" },
              { name: "v", mountPath: "/v" }
            ]
          }
        ],
        volumes: [{ name: "v", emptyDir: {} }]
      },
      /mountPath: Invalid value: "\/v": must be unique$/
    ],
    [
      "a negative request",
      { containers: [{ name: "a", image: "x", resources: { requests: { cpu: "-1" } } }] },
      /greater than or equal to 0$/
    ],
    [
      "a pull policy nobody knows",
      { containers: [{ name: "a", image: "x", imagePullPolicy: "Now" }] },
      /Unsupported value: "Now"/
    ],
    ["an image with a space", { containers: [{ name: "a", image: " x" }] }, /whitespace$/],
    [
      "a variable with two values",
      { containers: [{ name: "a", image: "x", env: [{ name: "A", value: "1", valueFrom: {} }] }] },
      /may not be specified when `value` is not empty$/
    ],
    ["a negative grace period", { ...good, terminationGracePeriodSeconds: -1 }, /greater than or equal to 0$/]
  ]
  for (const [name, spec, expected] of table) {
    it(`refuses ${name}`, () => {
      const found = messages(spec)
      assert.lengthOf(found, 1)
      assert.match(found[0] ?? "", expected)
    })
  }

  it("refuses labels that are none", () => {
    assert.lengthOf(messages(good, "a", { x: "a b" }), 1)
    assert.lengthOf(messages(good, "a", { x: "y".repeat(64) }), 1)
    assert.lengthOf(messages(good, "a", { x: "", y: "a.b_c-d" }), 0)
  })
})
