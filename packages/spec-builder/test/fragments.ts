/**
 * Generated fragments of a container's spec, as people write them: every field has the type that
 * the API gives it, and no list repeats a key.
 */
import { Arbitrary, Schema } from "effect"
import type { Json, JsonObject } from "../src/values/Json.ts"

const { Boolean: Flag, Literals, optionalKey, Struct } = Schema

const Value = Literals(["1", "2", "3"])

/** A list of entries made from a choice of keys, in an order of its own. */
const keyed = <S extends Schema.Constraint>(
  keys: ReadonlyArray<string>,
  value: S,
  entry: (key: string, value: S["Type"]) => JsonObject
): Arbitrary.Arbitrary<ReadonlyArray<Json>> =>
  Arbitrary.map(
    Arbitrary.all(
      keys.map((key) =>
        Arbitrary.all([Arbitrary.schema(Flag), Arbitrary.schema(value)]).pipe(
          Arbitrary.map(([given, one]) => ({ key, given, one }))
        )
      )
    ),
    (entries) => entries.filter(({ given }) => given).map(({ key, one }) => entry(key, one))
  )

const Variable = Schema.Union([
  Struct({ value: Value }),
  Struct({ valueFrom: Struct({ fieldRef: Struct({ fieldPath: Literals(["metadata.name", "metadata.uid"]) }) }) })
])

const Amounts = Struct({ cpu: optionalKey(Literals(["1", "2"])), memory: optionalKey(Literals(["64Mi", "128Mi"])) })

const SecurityContext = Struct({
  runAsUser: optionalKey(Literals([1000, 2000])),
  runAsNonRoot: optionalKey(Flag),
  readOnlyRootFilesystem: optionalKey(Flag),
  capabilities: optionalKey(
    Struct({
      add: optionalKey(Schema.Array(Literals(["NET_BIND_SERVICE", "CHOWN"]))),
      drop: optionalKey(Schema.Array(Literals(["ALL", "NET_RAW"])))
    })
  ),
  seccompProfile: optionalKey(
    Schema.Union([
      Struct({ type: Literals(["RuntimeDefault", "Unconfined"]) }),
      Struct({ type: Schema.Literal("Localhost"), localhostProfile: Literals(["a.json", "b.json"]) })
    ])
  )
})

const Timing = {
  periodSeconds: optionalKey(Literals([1, 2])),
  timeoutSeconds: optionalKey(Literals([3, 4]))
}
const Probe = Schema.Union([
  Struct({ ...Timing, exec: Struct({ command: Schema.Array(Literals(["true", "false"])) }) }),
  Struct({ ...Timing, httpGet: Struct({ port: Literals([80, 8080]) }) }),
  Struct({ ...Timing, tcpSocket: Struct({ port: Literals([80, 8080]) }) })
])

const fields = {
  env: keyed(["A", "B", "C"], Variable, (name, value) => ({ name, ...value })),
  ports: keyed(["80", "443"], Literals(["TCP", "UDP"]), (port, protocol) => ({
    containerPort: Number(port),
    protocol
  })),
  volumeMounts: keyed(["/m1", "/m2", "/m3"], Literals(["v1", "v2"]), (mountPath, name) => ({ mountPath, name })),
  envFrom: keyed(["p", "q"], Literals(["s", "t"]), (prefix, name) => ({ prefix, secretRef: { name, optional: true } })),
  resizePolicy: keyed(
    ["cpu", "memory"],
    Literals(["NotRequired", "RestartContainer"]),
    (resourceName, restartPolicy) => ({
      resourceName,
      restartPolicy
    })
  ),
  resources: Arbitrary.schema(
    Struct({ requests: Amounts, limits: Schema.Struct({ "ephemeral-storage": optionalKey(Literals(["1Gi"])) }) })
  ),
  securityContext: Arbitrary.schema(SecurityContext),
  readinessProbe: Arbitrary.schema(Probe),
  terminationMessagePolicy: Arbitrary.schema(Literals(["File", "FallbackToLogsOnError"]))
}

/** Each field is there or not. */
export const anyFragment: Arbitrary.Arbitrary<JsonObject> = Arbitrary.map(
  Arbitrary.all([
    Arbitrary.all(fields),
    Arbitrary.schema(Struct(Object.fromEntries(Object.keys(fields).map((name) => [name, Flag]))))
  ]),
  ([values, given]) => Object.fromEntries(Object.entries(values).filter(([name]) => Reflect.get(given, name) === true))
)

/** Whether everything that `part` says is said by `whole` too; entries of lists in any place. */
export const isWithin = (part: Json, whole: Json | undefined): boolean => {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.every((one) => whole.some((other) => isWithin(one, other)))
  if (typeof part !== "object" || part === null) return part === whole
  return Object.entries(part).every(([key, one]) => isWithin(one, (Object(whole) as JsonObject)[key]))
}
