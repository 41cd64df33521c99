import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { mergeSpecs } from "../../src/merge/SpecMerge.ts"
import { canonicalJson } from "../../src/values/CanonicalJson.ts"
import type { Json, JsonObject } from "../../src/values/Json.ts"
import { anyFragment, isWithin } from "../fragments.ts"

const parse = (text: string): JsonObject => JSON.parse(text)

type Row = readonly [name: string, layers: ReadonlyArray<JsonObject>, expected: JsonObject]

const table: ReadonlyArray<Row> = [
  ["objects merge at every depth", [{ a: { x: 1, y: 1 } }, { a: { y: 2, z: 2 } }], { a: { x: 1, y: 2, z: 2 } }],
  [
    "null removes a field",
    [
      { a: 1, b: { c: 1, d: 1 } },
      { a: null, b: { c: null } }
    ],
    { b: { d: 1 } }
  ],
  ["a value after a null is set again", [{ a: 1 }, { a: null }, { a: 2 }], { a: 2 }],
  ["a value of another type replaces the earlier one", [{ a: { x: 1 } }, { a: "text" }], { a: "text" }],
  [
    "env entries of one name are replaced whole, in place",
    [
      {
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "1" }
        ]
      },
      {
        env: [
          { name: "C", value: "2" },
          { name: "A", valueFrom: { fieldRef: { fieldPath: "x" } } }
        ]
      }
    ],
    {
      env: [
        { name: "A", valueFrom: { fieldRef: { fieldPath: "x" } } },
        { name: "B", value: "1" },
        { name: "C", value: "2" }
      ]
    }
  ],
  [
    "repeats within one list stay",
    [
      { env: [{ name: "A", value: "0" }] },
      {
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" }
        ]
      }
    ],
    {
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" }
      ]
    }
  ],
  [
    "volumeMounts by mountPath, merged",
    [
      { volumeMounts: [{ name: "v", mountPath: "/v" }] },
      {
        volumeMounts: [
          { mountPath: "/v", readOnly: true },
          { name: "v", mountPath: "/w" }
        ]
      }
    ],
    {
      volumeMounts: [
        { name: "v", mountPath: "/v", readOnly: true },
        { name: "v", mountPath: "/w" }
      ]
    }
  ],
  [
    "ports by containerPort and protocol, TCP when not given",
    [
      {
        ports: [
          { containerPort: 80, name: "web" },
          { containerPort: 80, protocol: "UDP" }
        ]
      },
      { ports: [{ containerPort: 80, protocol: "TCP", hostPort: 8080 }] }
    ],
    {
      ports: [
        { containerPort: 80, name: "web", protocol: "TCP", hostPort: 8080 },
        { containerPort: 80, protocol: "UDP" }
      ]
    }
  ],
  [
    "containers by name, deep inside",
    [
      { containers: [{ name: "a", env: [{ name: "X", value: "1" }] }] },
      { containers: [{ name: "b" }, { name: "a", env: [{ name: "Y", value: "2" }] }] }
    ],
    {
      containers: [
        {
          name: "a",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" }
          ]
        },
        { name: "b" }
      ]
    }
  ],
  [
    "volumes by name, one source replacing another",
    [{ volumes: [{ name: "v", emptyDir: {} }] }, { volumes: [{ name: "v", configMap: { name: "c" } }] }],
    { volumes: [{ name: "v", configMap: { name: "c" } }] }
  ],
  [
    "imagePullSecrets by name, hostAliases by ip",
    [
      { imagePullSecrets: [{ name: "a" }], hostAliases: [{ ip: "1.1.1.1", hostnames: ["a"] }] },
      { imagePullSecrets: [{ name: "a" }, { name: "b" }], hostAliases: [{ ip: "1.1.1.1", hostnames: ["b"] }] }
    ],
    {
      imagePullSecrets: [{ name: "a" }, { name: "b" }],
      hostAliases: [{ ip: "1.1.1.1", hostnames: ["a", "b"] }]
    }
  ],
  [
    "topologySpreadConstraints by key and policy",
    [
      { topologySpreadConstraints: [{ topologyKey: "z", whenUnsatisfiable: "DoNotSchedule", maxSkew: 1 }] },
      {
        topologySpreadConstraints: [
          { topologyKey: "z", whenUnsatisfiable: "DoNotSchedule", maxSkew: 2 },
          { topologyKey: "z", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 }
        ]
      }
    ],
    {
      topologySpreadConstraints: [
        { topologyKey: "z", whenUnsatisfiable: "DoNotSchedule", maxSkew: 2 },
        { topologyKey: "z", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 }
      ]
    }
  ],
  [
    "tolerations one after another, equal ones once",
    [
      { tolerations: [{ key: "a", operator: "Exists" }] },
      {
        tolerations: [
          { operator: "Exists", key: "a" },
          { key: "a", operator: "Equal", value: "x" }
        ]
      }
    ],
    {
      tolerations: [
        { key: "a", operator: "Exists" },
        { key: "a", operator: "Equal", value: "x" }
      ]
    }
  ],
  [
    "lists inside a securityContext are replaced, and its objects merge",
    [
      { securityContext: { runAsUser: 1, capabilities: { drop: ["ALL"], add: ["A"] } } },
      { securityContext: { capabilities: { drop: ["NET_RAW"] } } }
    ],
    { securityContext: { runAsUser: 1, capabilities: { drop: ["NET_RAW"], add: ["A"] } } }
  ],
  [
    "lists inside a securityContext deeper down are replaced",
    [
      { containers: [{ name: "a", securityContext: { capabilities: { drop: ["A"] } } }] },
      { containers: [{ name: "a", securityContext: { capabilities: { drop: ["B"] } } }] }
    ],
    { containers: [{ name: "a", securityContext: { capabilities: { drop: ["B"] } } }] }
  ],
  [
    "argument lists are replaced",
    [{ command: ["a"], args: ["b"] }, { command: ["c", "d"] }],
    { command: ["c", "d"], args: ["b"] }
  ],
  ["other lists are concatenated", [{ envFrom: [1] }, { envFrom: [2] }], { envFrom: [1, 2] }],
  [
    "an earlier entry that a later list repeats gives way to it",
    [{ envFrom: [{ prefix: "a" }, { prefix: "b" }] }, { envFrom: [{ prefix: "a" }] }],
    { envFrom: [{ prefix: "b" }, { prefix: "a" }] }
  ],
  [
    "layers after a null are merged with each other",
    [{ a: { x: 1 } }, { a: null }, { a: { y: 2 } }, { a: { z: 3 } }],
    { a: { y: 2, z: 3 } }
  ],
  [
    "resourceClaims by name, one source replacing another; ephemeralContainers by name",
    [
      { resourceClaims: [{ name: "c", resourceClaimName: "x" }], ephemeralContainers: [{ name: "e", image: "i" }] },
      {
        resourceClaims: [{ name: "c", resourceClaimTemplateName: "y" }],
        ephemeralContainers: [{ name: "e", tty: true }]
      }
    ],
    {
      resourceClaims: [{ name: "c", resourceClaimTemplateName: "y" }],
      ephemeralContainers: [{ name: "e", image: "i", tty: true }]
    }
  ],
  [
    "resizePolicy by resourceName, as the API takes one of each",
    [
      { resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }] },
      { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }
    ],
    { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }
  ],
  [
    "handlers of a probe exclude each other, its numbers merge",
    [
      { readinessProbe: { exec: { command: ["a"] }, periodSeconds: 5 } },
      { readinessProbe: { httpGet: { port: 80 }, timeoutSeconds: 2 } }
    ],
    { readinessProbe: { periodSeconds: 5, httpGet: { port: 80 }, timeoutSeconds: 2 } }
  ],
  [
    "handlers of a lifecycle exclude each other",
    [{ lifecycle: { preStop: { exec: { command: ["a"] } } } }, { lifecycle: { preStop: { sleep: { seconds: 1 } } } }],
    { lifecycle: { preStop: { sleep: { seconds: 1 } } } }
  ],
  [
    "a profile of another type replaces the earlier one",
    [
      { securityContext: { seccompProfile: { type: "Localhost", localhostProfile: "p" } } },
      { securityContext: { seccompProfile: { type: "RuntimeDefault" } } }
    ],
    { securityContext: { seccompProfile: { type: "RuntimeDefault" } } }
  ],
  [
    "entries without the key are kept",
    [{ env: [{ value: "1" }] }, { env: ["odd", { value: "2" }] }],
    { env: [{ value: "1" }, "odd", { value: "2" }] }
  ]
]

describe("mergeSpecs", () => {
  for (const [name, layers, expected] of table) {
    it(name, () => {
      assert.deepStrictEqual(mergeSpecs(...layers), expected)
    })
  }

  it("takes __proto__ for a key like any other", () => {
    const merged = mergeSpecs(
      parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"x":1}}}'),
      parse('{"__proto__":{"more":2},"a":{"__proto__":{"y":2}}}'),
      parse('{"b":{"__proto__":{"z":3}}}')
    )
    assert.strictEqual(
      JSON.stringify(merged),
      '{"__proto__":{"polluted":1,"more":2},"a":{"__proto__":{"x":1,"y":2}},"b":{"__proto__":{"z":3}}}'
    )
    assert.isFalse("polluted" in {})
    assert.strictEqual(Object.getPrototypeOf(merged), Object.prototype)
  })

  const objectsOf = (value: Json): ReadonlyArray<object> =>
    typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(objectsOf)] : []

  const Layers = Schema.Array(Schema.Record(Schema.String, Schema.Json))
  it.prop("any JSON: changes no layer, shares nothing with them, and gives the same again", [Layers], ([layers]) => {
    const before = JSON.stringify(layers)
    const merged = mergeSpecs(...layers)
    const shared = new Set(layers.flatMap(objectsOf))
    assert.isFalse(objectsOf(merged).some((part) => shared.has(part)))
    assert.strictEqual(JSON.stringify(mergeSpecs(...layers)), JSON.stringify(merged))
    assert.strictEqual(JSON.stringify(layers), before)
  })

  const withoutNulls = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(withoutNulls)
    if (typeof value !== "object" || value === null) return value
    const kept = Object.entries(value).filter(([, one]) => one !== null)
    return Object.fromEntries(kept.map(([key, one]) => [key, withoutNulls(one)]))
  }
  it.prop("any JSON: a layer alone, or with empty ones around it, is itself without nulls", [Layers], ([layers]) => {
    for (const layer of layers) {
      const expected = canonicalJson(withoutNulls(layer))
      assert.strictEqual(canonicalJson(mergeSpecs(layer)), expected)
      assert.strictEqual(canonicalJson(mergeSpecs({}, layer, {})), expected)
    }
  })

  it.prop("any JSON: one after the other is the same as all at once", [Layers], ([layers]) => {
    const folded = layers.reduce<JsonObject>((merged, layer) => mergeSpecs(merged, layer), {})
    assert.strictEqual(canonicalJson(mergeSpecs(...layers)), canonicalJson(folded))
  })

  const three = Arbitrary.all([anyFragment, anyFragment, anyFragment])
  const many = { arbitrary: { runs: 500 } }

  it.prop(
    "typed fragments: merging is associative",
    [three],
    ([[a, b, c]]) => {
      const left = mergeSpecs(mergeSpecs(a, b), c)
      assert.deepStrictEqual(mergeSpecs(a, mergeSpecs(b, c)), left)
      assert.deepStrictEqual(mergeSpecs(a, b, c), left)
    },
    many
  )

  it.prop(
    "typed fragments: a layer merged with itself is itself, and merging a result again changes nothing",
    [three],
    ([[a, b]]) => {
      assert.deepStrictEqual(mergeSpecs(a, a), a)
      const merged = mergeSpecs(a, b)
      assert.deepStrictEqual(mergeSpecs(merged, b), merged)
    },
    many
  )

  it.prop(
    "typed fragments: whatever the last layer says is in the result",
    [three],
    ([[a, b, c]]) => {
      assert.isTrue(isWithin(c, mergeSpecs(a, b, c)))
    },
    many
  )
})
