import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { decodePod, unknownFields } from "../../src/api/PodDecoding.ts"

const pod = (spec: unknown, metadata: unknown = { name: "a" }) => ({ apiVersion: "v1", kind: "Pod", metadata, spec })
const refusal = (body: unknown): string | undefined => {
  const result = decodePod(body)
  return Result.isFailure(result) ? result.failure.message : undefined
}
const cannot = (why: string) => `Pod in version "v1" cannot be handled as a Pod: ${why}`

describe("decodePod", () => {
  it("keeps known fields at every depth, and leaves unknown ones out by their path", () => {
    const { object, unknown } = Result.getOrThrow(
      decodePod(
        pod({
          tolerationz: [],
          containers: [
            {
              name: "m",
              image: "busybox",
              x: 1,
              env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name", y: 2 } } }]
            }
          ],
          nodeSelector: { any: "thing" },
          terminationGracePeriodSeconds: null
        })
      )
    )
    assert.deepStrictEqual(unknown, [
      "spec.tolerationz",
      "spec.containers[0].x",
      "spec.containers[0].env[0].valueFrom.fieldRef.y"
    ])
    assert.deepStrictEqual(object["spec"], {
      containers: [
        { name: "m", image: "busybox", env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }
      ],
      nodeSelector: { any: "thing" }
    })
    assert.strictEqual(
      unknownFields(unknown.slice(0, 2)).message,
      cannot('strict decoding error: unknown field "spec.tolerationz", unknown field "spec.containers[0].x"')
    )
  })

  it("treats __proto__ as the unknown field it is", () => {
    const { object, unknown } = Result.getOrThrow(
      decodePod(JSON.parse('{"apiVersion":"v1","kind":"Pod","spec":{"__proto__":{"containers":[]}}}'))
    )
    assert.deepStrictEqual(unknown, ["spec.__proto__"])
    assert.deepStrictEqual(object["spec"], {})
  })

  // The words of a real 1.35 server.
  const table: ReadonlyArray<readonly [string, unknown, string]> = [
    [
      "a string for a list",
      pod({ containers: "x" }),
      cannot("json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container")
    ],
    [
      "a number for a string",
      pod({ containers: [{ name: 5 }] }),
      cannot("json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string")
    ],
    [
      "a bad quantity",
      pod({ containers: [{ resources: { limits: { memory: "12Qx" } } }] }),
      cannot("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    ],
    [
      "a fraction for an integer",
      pod({ activeDeadlineSeconds: 1.5 }),
      cannot("json: cannot unmarshal number into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64")
    ],
    [
      "a list for a map",
      pod({ nodeSelector: [] }),
      cannot("json: cannot unmarshal array into Go struct field PodSpec.spec.nodeSelector of type map[string]string")
    ]
  ]
  for (const [name, body, message] of table) it(`refuses ${name}`, () => assert.strictEqual(refusal(body), message))

  for (const body of [
    undefined,
    null,
    [],
    "x",
    { kind: "Podd", apiVersion: "v1" },
    { kind: "Pod", apiVersion: "v2" }
  ]) {
    it(`refuses ${JSON.stringify(body)} as no Pod`, () => assert.match(refusal(body) ?? "", /must be of type Pod/))
  }
})
