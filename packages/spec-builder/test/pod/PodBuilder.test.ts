import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import { buildPod } from "../../src/pod/PodBuilder.ts"
import { DEADLINE_MARGIN_SECONDS } from "../../src/pod/PodSpec.ts"
import { gateScript } from "../../src/script/GateScript.ts"
import { literal } from "../../src/task/ContainerCommand.ts"
import { commands, container, entrypoint, plan, runner, task } from "../fixtures.ts"
import { anyFragment, isWithin } from "../fragments.ts"

const mount = { name: "podwright", mountPath: "/podwright" }
const directories = [
  { name: "WORKING_DIR", value: "/podwright/work" },
  { name: "OUTPUT_DIR", value: "/podwright/output" }
]

describe("buildPod: the gate shape", () => {
  const gate = plan()
  it("says what a driver must know", () => {
    const { manifest, specHash, reason, name, ...rest } = gate
    assert.deepStrictEqual(rest, {
      shape: "gate",
      logs: "volume",
      mainContainer: "main",
      inputContainer: "files",
      outputContainer: "files",
      volumeRoot: "/podwright"
    })
    assert.match(reason, /gate/)
    assert.strictEqual(manifest.metadata.name, name)
    assert.deepStrictEqual(manifest.metadata.annotations, {
      "kubectl.kubernetes.io/default-container": "main",
      "podwright.dev/spec-hash": specHash
    })
    assert.match(specHash, /^[0-9a-f]{64}$/)
    assert.isFalse("namespace" in manifest.metadata)
  })

  it("has the helper first, then main", () => {
    assert.deepStrictEqual(
      gate.manifest.spec.containers.map((one) => one.name),
      ["files", "main"]
    )
    assert.isFalse("initContainers" in gate.manifest.spec)
  })

  it("wraps main's command and tells it where it is", () => {
    assert.deepStrictEqual(container(gate, "main"), {
      name: "main",
      image: "alpine",
      imagePullPolicy: "Always",
      env: directories,
      volumeMounts: [mount],
      command: ["/bin/sh", "-c", literal(gateScript("/podwright")), "podwright", "/bin/sh", "-c", "set -e\necho hello"]
    })
  })

  it("gives the helper small resources and the least rights", () => {
    const { command, ...helper } = container(gate, "files")
    assert.deepStrictEqual(helper, {
      name: "files",
      image: "busybox",
      imagePullPolicy: "IfNotPresent",
      env: [{ name: "PODWRIGHT_POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } }],
      volumeMounts: [mount],
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "256Mi" } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
        seccompProfile: { type: "RuntimeDefault" }
      }
    })
    assert.isTrue(Array.isArray(command) && command[0] === "sh" && command[1] === "-c" && command.length === 3)
  })

  it("has a pod that runs once, ends by itself and has no token", () => {
    const { containers, ...spec } = gate.manifest.spec
    assert.deepStrictEqual(spec, {
      restartPolicy: "Never",
      activeDeadlineSeconds: 600 + 3600 + DEADLINE_MARGIN_SECONDS,
      automountServiceAccountToken: false,
      volumes: [{ name: "podwright", emptyDir: {} }]
    })
    assert.lengthOf(containers, 2)
  })
})

describe("buildPod: the other shapes", () => {
  it("init: waits in an init container and leaves main as it is", () => {
    const init = plan(entrypoint(), { containerSpec: { args: ["--dir", "$(WORKING_DIR)"] } })
    const { manifest: _manifest, specHash: _hash, reason: _reason, name: _name, ...rest } = init
    assert.deepStrictEqual(rest, {
      shape: "init",
      logs: "kubelet",
      mainContainer: "main",
      inputContainer: "files-in",
      outputContainer: "files",
      volumeRoot: "/podwright"
    })
    assert.deepStrictEqual(
      init.manifest.spec.containers.map((one) => one.name),
      ["files", "main"]
    )
    assert.deepStrictEqual(container(init, "main"), {
      name: "main",
      image: "alpine",
      imagePullPolicy: "Always",
      workingDir: "/podwright/work",
      env: directories,
      volumeMounts: [mount],
      args: ["--dir", "$(WORKING_DIR)"]
    })
    const { command: input, name, ...inputRest } = container(init, "files-in")
    const { command: output, name: _, ...outputRest } = container(init, "files")
    assert.deepStrictEqual(inputRest, outputRest)
    assert.include(String(input), "run/ready")
    assert.include(String(output), "run/done")
  })

  it("bare: one container and nothing of ours in it", () => {
    const bare = plan(task({ hasInputs: false, wantsOutputs: false, env: { WORKING_DIR: "mine" } }), {
      logs: "kubelet"
    })
    const { manifest, specHash: _hash, reason: _reason, name: _name, ...rest } = bare
    assert.deepStrictEqual(rest, {
      shape: "bare",
      logs: "kubelet",
      mainContainer: "main"
    })
    assert.isFalse("volumes" in manifest.spec)
    assert.deepStrictEqual(manifest.spec.containers, [
      {
        name: "main",
        image: "alpine",
        imagePullPolicy: "Always",
        env: [{ name: "WORKING_DIR", value: "mine" }],
        command: ["/bin/sh", "-c", "set -e\necho hello"]
      }
    ])
  })

  it("a gate whose log is read from the kubelet", () => {
    const { logs, shape } = plan(task(), { logs: "kubelet" })
    assert.deepStrictEqual([shape, logs], ["gate", "kubelet"])
  })
})

describe("buildPod: what users set", () => {
  it("namespace, labels, node selector, account, volume, pull policy, resources", () => {
    const found = plan(task(), {
      namespace: "jobs",
      labels: { tier: "gold", "podwright.dev/task-id": "mine" },
      nodeSelector: { disk: "ssd" },
      serviceAccountName: "worker",
      volume: { sizeLimit: "1Gi", medium: "Memory" },
      pullPolicy: "IF_NOT_PRESENT",
      resources: { request: { cpu: "500m" }, limit: { "nvidia.com/gpu": 1 } }
    })
    const { metadata, spec } = found.manifest
    assert.strictEqual(metadata.namespace, "jobs")
    assert.strictEqual(metadata.labels["tier"], "gold")
    assert.strictEqual(metadata.labels["podwright.dev/task-id"], "hello")
    assert.deepStrictEqual(spec["nodeSelector"], { disk: "ssd" })
    assert.strictEqual(spec["serviceAccountName"], "worker")
    assert.isFalse("automountServiceAccountToken" in spec)
    assert.deepStrictEqual(spec["volumes"], [{ name: "podwright", emptyDir: { sizeLimit: "1Gi", medium: "Memory" } }])
    assert.strictEqual(container(found, "main")["imagePullPolicy"], "IfNotPresent")
    assert.strictEqual(container(found, "files")["imagePullPolicy"], "IfNotPresent")
    assert.deepStrictEqual(container(found, "main")["resources"], {
      requests: { cpu: "500m" },
      limits: { "nvidia.com/gpu": "1" }
    })
  })

  it("main's layers in order: default, podSpec, containerSpec, named", () => {
    const layer = (value: string, ...names: ReadonlyArray<string>) => ({
      env: names.map((name) => ({ name, value })),
      imagePullPolicy: "Never"
    })
    const found = plan(task({ env: { D: "task" } }), {
      containerDefaultSpec: layer("default", "A", "B", "C", "D"),
      podSpec: { containers: [{ name: "main", ...layer("pod", "B", "C", "D") }] },
      containerSpec: layer("container", "C", "D"),
      pullPolicy: "ALWAYS"
    })
    assert.deepStrictEqual(container(found, "main")["env"], [
      ...directories,
      { name: "A", value: "default" },
      { name: "B", value: "pod" },
      { name: "C", value: "container" },
      { name: "D", value: "task" }
    ])
    assert.strictEqual(container(found, "main")["imagePullPolicy"], "Always")
  })

  it("a default of ours gives way to any layer", () => {
    const found = plan(task(), { containerSpec: { imagePullPolicy: "Never" }, podSpec: { activeDeadlineSeconds: 60 } })
    assert.strictEqual(container(found, "main")["imagePullPolicy"], "Never")
    assert.strictEqual(found.manifest.spec["activeDeadlineSeconds"], 60)
  })

  it("any container field works as a default, for main, helper and others", () => {
    const probe = { exec: { command: ["true"] } }
    const found = plan(task(), {
      containerDefaultSpec: { readinessProbe: probe, securityContext: { capabilities: { drop: ["NET_RAW"] } } },
      podSpec: {
        containers: [{ name: "proxy", image: "p" }],
        initContainers: [{ name: "prepare", image: "i", readinessProbe: null }]
      }
    })
    for (const name of ["main", "files", "proxy"]) {
      assert.deepStrictEqual(container(found, name)["readinessProbe"], probe)
    }
    assert.isFalse("readinessProbe" in container(found, "prepare"))
    assert.deepStrictEqual(container(found, "files")["securityContext"], {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["NET_RAW"] },
      readOnlyRootFilesystem: true,
      seccompProfile: { type: "RuntimeDefault" }
    })
  })

  it("users' containers come after ours, init containers too", () => {
    const podSpec = {
      containers: [{ name: "a" }, { name: "main", tty: true }, { name: "b" }],
      initContainers: [{ name: "c" }]
    }
    const found = plan(entrypoint(), { podSpec })
    assert.deepStrictEqual(
      found.manifest.spec.containers.map((one) => one.name),
      ["files", "main", "a", "b"]
    )
    const inits = found.manifest.spec["initContainers"]
    assert.deepStrictEqual(Array.isArray(inits) ? inits.map((one) => one.name) : inits, ["files-in", "c"])
    assert.strictEqual(container(found, "main")["tty"], true)
  })

  it("users' containers survive, native sidecars as they are; probes for all containers leave init containers out", () => {
    const probe = { exec: { command: ["true"] } }
    const mesh = { name: "mesh", image: "m", restartPolicy: "Always", ports: [{ containerPort: 1 }] }
    const found = plan(entrypoint(), {
      containerDefaultSpec: { startupProbe: probe, lifecycle: { preStop: probe }, tty: true },
      podSpec: { containers: [{ name: "proxy", image: "p" }], initContainers: [mesh, { name: "prepare", image: "i" }] }
    })
    const always = { startupProbe: probe, lifecycle: { preStop: probe }, tty: true }
    assert.deepStrictEqual(container(found, "proxy"), { name: "proxy", image: "p", ...always })
    assert.deepStrictEqual(container(found, "mesh"), { ...mesh, ...always })
    assert.deepStrictEqual(container(found, "prepare"), { name: "prepare", image: "i", tty: true })
    assert.isFalse("startupProbe" in container(found, "files-in"))
    assert.deepStrictEqual(container(found, "files")["startupProbe"], probe)
  })

  it("helper's layers: defaultSpec instead of the default, fileSideCarSpec over it, named over all", () => {
    const found = plan(task(), {
      containerDefaultSpec: { env: [{ name: "A", value: "default" }] },
      fileSidecar: {
        image: "tools",
        defaultSpec: { env: [{ name: "B", value: "1" }] },
        resources: { limit: { cpu: 1 } }
      },
      fileSideCarSpec: { image: "other", env: [{ name: "C", value: "2" }] }
    })
    const helper = container(found, "files")
    assert.strictEqual(helper["image"], "tools")
    assert.deepStrictEqual(helper["env"], [
      { name: "PODWRIGHT_POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
      { name: "B", value: "1" },
      { name: "C", value: "2" }
    ])
    const empty = plan(task(), { containerDefaultSpec: { tty: true }, fileSidecar: { defaultSpec: {} } })
    assert.strictEqual(container(empty, "files")["tty"], true)
  })

  it("our default resources give way name by name, so that no pair contradicts itself", () => {
    const found = plan(task(), {
      containerDefaultSpec: { resources: { requests: { memory: "256Mi" } } },
      fileSidecar: { resources: { limits: { "ephemeral-storage": "1Gi" }, limit: { cpu: "1" } } }
    })
    assert.deepStrictEqual(container(found, "files")["resources"], {
      requests: { memory: "256Mi" },
      limits: { "ephemeral-storage": "1Gi", cpu: "1" }
    })
  })

  it("env is taken literally", () => {
    const found = plan(task({ env: { PASSWORD: "pa$$word$(A)" } }))
    assert.deepInclude(container(found, "main")["env"], { name: "PASSWORD", value: "pa$$$word$$(A)" })
  })

  it("whole numbers that no double holds keep their digits, in the body and in the hash", () => {
    const of = (seconds: bigint) => plan(task(), { podSpec: { tolerations: [{ tolerationSeconds: seconds }] } })
    const found = of(9223372036854775807n)
    assert.include(JSON.stringify(found.manifest), '"tolerationSeconds":9223372036854775807}')
    assert.notStrictEqual(found.specHash, of(9223372036854775806n).specHash)
  })

  it("a token is mounted when podSpec names an account or asks for it", () => {
    const named = plan(task(), { podSpec: { serviceAccountName: "x" } }).manifest.spec
    assert.isFalse("automountServiceAccountToken" in named)
    const asked = plan(task(), { podSpec: { automountServiceAccountToken: true } }).manifest.spec
    assert.strictEqual(asked["automountServiceAccountToken"], true)
  })

  it("the task's timeout goes before waitUntilCompletion in the deadline", () => {
    const seconds = (values: Parameters<typeof plan>[0], properties: unknown) =>
      plan(values, properties).manifest.spec["activeDeadlineSeconds"]
    const margin = DEADLINE_MARGIN_SECONDS
    assert.strictEqual(seconds(task({ timeoutSeconds: 5.5 }), { waitUntilCompletion: "PT9H" }), 600 + 6 + margin)
    assert.strictEqual(seconds(task(), { waitUntilRunning: "1m", waitUntilCompletion: "2m" }), 180 + margin)
    assert.strictEqual(seconds(task({ timeoutSeconds: 1e12 }), {}), 2_147_483_647)
  })
})

describe("buildPod: the helper's user follows main's", () => {
  const context = (name: string, properties: unknown) => {
    const { runAsNonRoot, runAsUser, runAsGroup } = Object(container(plan(task(), properties), name)["securityContext"])
    return { runAsNonRoot, runAsUser, runAsGroup }
  }
  const rows: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["unknown", {}, {}],
    ["root", { containerSpec: { securityContext: { runAsUser: 0 } } }, {}],
    [
      "set in its container",
      { containerSpec: { securityContext: { runAsUser: 7, runAsGroup: 8 } } },
      { runAsNonRoot: true, runAsUser: 7, runAsGroup: 8 }
    ],
    [
      "set in its pod",
      { podSpec: { securityContext: { runAsUser: 7, runAsGroup: 0 } } },
      { runAsNonRoot: true, runAsUser: 7, runAsGroup: 0 }
    ],
    [
      "set in its container and in its pod",
      { podSpec: { securityContext: { runAsUser: 7 } }, containerSpec: { securityContext: { runAsUser: 9 } } },
      { runAsNonRoot: true, runAsUser: 9 }
    ],
    [
      "not root, by a number that only its image knows",
      { podSpec: { securityContext: { runAsNonRoot: true } } },
      { runAsNonRoot: true, runAsUser: 65534 }
    ]
  ]
  for (const [name, properties, expected] of rows) {
    it(`main's user is ${name}`, () => {
      assert.deepStrictEqual(JSON.parse(JSON.stringify(context("files", properties))), expected)
    })
  }
  it("fileSideCarSpec has the last word", () => {
    const properties = {
      podSpec: { securityContext: { runAsUser: 7 } },
      fileSideCarSpec: { securityContext: { runAsUser: 11 } }
    }
    assert.strictEqual(context("files", properties).runAsUser, 11)
  })
})

describe("buildPod is pure", () => {
  const freeze = <A>(value: A): A => {
    if (typeof value === "object" && value !== null) {
      Object.freeze(value)
      for (const one of Object.values(value)) freeze(one)
    }
    return value
  }
  const properties = {
    containerDefaultSpec: { env: [{ name: "A", value: "1" }], securityContext: { runAsUser: 5 } },
    containerSpec: { env: [{ name: "A", value: "2" }], volumeMounts: [{ name: "d", mountPath: "/d" }] },
    podSpec: { volumes: [{ name: "d", emptyDir: {} }], containers: [{ name: "x", image: "x" }] },
    labels: { a: "b" }
  }
  it("works on frozen values, and gives the same again", () => {
    const values = freeze(task({ env: { X: "1" } }))
    const frozen = freeze(runner(properties))
    assert.deepStrictEqual(buildPod(values, frozen), buildPod(task({ env: { X: "1" } }), runner(properties)))
  })
  const layers = Arbitrary.all({
    containerDefaultSpec: anyFragment,
    containerSpec: anyFragment,
    fileSideCarSpec: anyFragment,
    mainInPod: anyFragment,
    user: anyFragment
  })
  it.prop(
    "keeps every field of a user's that no later layer sets, changes nothing it was given, and gives the same again",
    [layers],
    ([{ mainInPod, user, ...specs }]) => {
      const podSpec = {
        hostNetwork: true,
        containers: [
          { ...user, name: "user" },
          { ...mainInPod, name: "main" }
        ]
      }
      const properties = { ...specs, podSpec }
      const given = JSON.stringify(properties)
      const built = plan(task(), properties)
      assert.strictEqual(JSON.stringify(properties), given)
      assert.strictEqual(JSON.stringify(plan(task(), properties)), JSON.stringify(built))
      assert.isTrue(isWithin(specs.containerSpec, container(built, "main")))
      assert.isTrue(isWithin(specs.fileSideCarSpec, container(built, "files")))
      assert.isTrue(isWithin(user, container(built, "user")))
      for (const [field, value] of Object.entries(specs.containerDefaultSpec)) {
        for (const [name, own] of [
          ["user", [user]],
          ["main", [mainInPod, specs.containerSpec]]
        ] as const) {
          if (own.every((one) => !(field in one)))
            assert.isTrue(isWithin({ [field]: value }, container(built, name)), name)
        }
      }
      assert.strictEqual(built.manifest.spec["hostNetwork"], true)
    },
    { arbitrary: { runs: 300 } }
  )
  it("hashes the spec alone: other labels and another task run give the same hash, another spec another", () => {
    const first = plan()
    const renamed = plan(task({ identity: { ...task().identity, taskRunId: "run-2" } }), { labels: { a: "b" } })
    assert.notStrictEqual(renamed.name, first.name)
    assert.strictEqual(renamed.specHash, first.specHash)
    assert.notStrictEqual(plan(task({ command: commands("other") })).specHash, first.specHash)
  })
  it("hashes alike whatever order the properties are written in", () => {
    const one = plan(task(), { podSpec: { hostNetwork: true, priority: 1 } })
    const other = plan(task(), { podSpec: { priority: 1, hostNetwork: true } })
    assert.strictEqual(one.specHash, other.specHash)
  })
  it("is plain JSON, with __proto__ as data", () => {
    const input: unknown = JSON.parse(
      '{"podSpec":{"__proto__":{"a":1},"hostNetwork":true},"containerSpec":{"__proto__":{"b":1}}}'
    )
    const found = plan(task(), input)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(found.manifest)), found.manifest)
    assert.isTrue(Object.hasOwn(found.manifest.spec, "__proto__"))
    assert.isTrue(Object.hasOwn(container(found, "main"), "__proto__"))
  })
  it("never throws for any fragment's value of any field", () => {
    const values = [null, 0, "x", true, [], {}, [null], [1], [{}], { a: [] }, [[]]]
    const fields = [
      "containers",
      "initContainers",
      "volumes",
      "env",
      "volumeMounts",
      "securityContext",
      "resources",
      "name"
    ]
    for (const field of fields) {
      for (const value of values) {
        for (const layer of ["podSpec", "containerSpec", "containerDefaultSpec", "fileSideCarSpec"]) {
          assert.doesNotThrow(() => buildPod(task(), runner({ [layer]: { [field]: value } })))
        }
      }
    }
    assert.isTrue(Result.isSuccess(buildPod(task(), runner({ podSpec: { containers: null } }))))
  })
})
