import { assert, describe, it } from "@effect/vitest"
import { type Json, type JsonObject, mergeSpecs } from "../src/index.ts"
import { canonicalJson } from "../src/internal/CanonicalJson.ts"
import { withoutNulls } from "../src/internal/JsonValue.ts"

const parse = (text: string): JsonObject => JSON.parse(text)

type Row = readonly [name: string, layers: ReadonlyArray<JsonObject>, expected: JsonObject]

const table: ReadonlyArray<Row> = [
  ["objects deep", [{ a: { x: 1, y: 1 } }, { a: { y: 2, z: 2 } }], { a: { x: 1, y: 2, z: 2 } }],
  [
    "null takes away",
    [
      { a: 1, b: { c: 1, d: 1 } },
      { a: null, b: { c: null } }
    ],
    { b: { d: 1 } }
  ],
  ["a later value after null counts", [{ a: 1 }, { a: null }, { a: 2 }], { a: 2 }],
  ["another type replaces", [{ a: { x: 1 } }, { a: "text" }], { a: "text" }],
  [
    "env by name, replaced whole, in place",
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
    "lists inside securityContext are replaced, its objects merge",
    [
      { securityContext: { runAsUser: 1, capabilities: { drop: ["ALL"], add: ["A"] } } },
      { securityContext: { capabilities: { drop: ["NET_RAW"] } } }
    ],
    { securityContext: { runAsUser: 1, capabilities: { drop: ["NET_RAW"], add: ["A"] } } }
  ],
  [
    "securityContext deeper down",
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
    "entries without the key are kept",
    [{ env: [{ value: "1" }] }, { env: ["odd", { value: "2" }] }],
    { env: [{ value: "1" }, "odd", { value: "2" }] }
  ]
]

/** Deterministic numbers, so that a failure can be looked at again (mulberry32). */
const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const FIELDS = [
  "env",
  "volumeMounts",
  "ports",
  "tolerations",
  "securityContext",
  "capabilities",
  "resources",
  "__proto__",
  "args"
]

const anyJson = (next: (below: number) => number, depth: number): Json => {
  const kind = next(depth > 3 ? 4 : 7)
  if (kind === 0) return next(5)
  if (kind === 1) return `text${next(3)}`
  if (kind === 2) return next(2) === 0
  if (kind === 3) return null
  if (kind === 4) return Array.from({ length: next(4) }, () => anyEntry(next, depth + 1))
  return anyObject(next, depth + 1)
}
const anyEntry = (next: (below: number) => number, depth: number): Json =>
  next(4) === 0
    ? anyJson(next, depth)
    : { name: `n${next(3)}`, mountPath: `/m${next(3)}`, containerPort: next(3), value: anyJson(next, depth + 1) }
const anyObject = (next: (below: number) => number, depth: number): JsonObject =>
  Object.fromEntries(
    Array.from({ length: next(5) }, () => [FIELDS[next(FIELDS.length)] ?? "env", anyJson(next, depth)] as const)
  )

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

  it("for any layers: changes none of them, shares nothing with them, and gives the same again", () => {
    for (let seed = 0; seed < 2_000; seed++) {
      const next = random(seed)
      const layers = Array.from({ length: 1 + next(4) }, () => anyObject(next, 0))
      const before = JSON.stringify(layers)
      const merged = mergeSpecs(...layers)
      const text = JSON.stringify(merged)
      assert.strictEqual(JSON.stringify(mergeSpecs(...layers)), text, `seed ${seed}`)
      const objects = new Set<unknown>()
      const visit = (value: Json, see: (value: object) => void): void => {
        if (typeof value !== "object" || value === null) return
        see(value)
        for (const one of Object.values(value)) visit(one, see)
      }
      for (const layer of layers) visit(layer, (value) => objects.add(value))
      visit(merged, (value) => assert.isFalse(objects.has(value), `seed ${seed} shares a part`))
      assert.strictEqual(JSON.stringify(layers), before, `seed ${seed}`)
    }
  })

  it("for any layer: it alone, or with empty ones around it, is itself without nulls", () => {
    for (let seed = 0; seed < 2_000; seed++) {
      const layer = anyObject(random(seed), 0)
      const expected = canonicalJson(withoutNulls(layer))
      assert.strictEqual(canonicalJson(mergeSpecs(layer)), expected, `seed ${seed}`)
      assert.strictEqual(canonicalJson(mergeSpecs({}, layer, {})), expected, `seed ${seed}`)
    }
  })
})
