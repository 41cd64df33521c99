/**
 * Ways to end badly that only a real cluster has, each provoked: the cause, its kind, and the facts
 * that tell it. Numbers such as P3 are rows of the catalogue in packages/runner/README.md.
 */
import { aroundEach, assert, describe, it } from "@effect/vitest"
import { type Diagnosis, type DiagnosisCause, RunError } from "@podwright/runner"
import { type PlainTask, type RunEvent, type RunResult, runTask } from "@podwright/runner/plain"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { go, untilTold } from "../src/clusters/HeldTask.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { freshId, ownScratch, scratch } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()
const admin = (args: ReadonlyArray<string>, input?: string) =>
  kubectl(cluster.kubeconfig, ["-n", LIMITED_NAMESPACE, ...args], input)

interface End {
  readonly result: RunResult | undefined
  readonly error: RunError | undefined
  readonly diagnosis: Diagnosis | undefined
  readonly events: ReadonlyArray<RunEvent>
}

/** Runs to the end; `once` begins when the command has printed its first line. */
const end = async (task: Partial<PlainTask>, once?: (pod: string) => Promise<unknown>): Promise<End> => {
  const events: Array<RunEvent> = []
  let pod = ""
  let begun: Promise<unknown> | undefined
  const run = runTask(
    { id: freshId("diagnosis"), image: "busybox", outputDirectory: await scratch(), ...task },
    {
      kubeconfig: cluster.limitedKubeconfig,
      onEvent: (event) => {
        events.push(event)
        if (event._tag === "Phase") pod = event.pod
        if (event._tag === "Log") begun ??= once?.(pod)
      }
    }
  )
  const ended = await run.catch((error: unknown) => {
    if (error instanceof RunError) return error
    throw error
  })
  await begun
  if (!(ended instanceof RunError))
    return { result: ended, error: undefined, diagnosis: ended.diagnosis ?? undefined, events }
  const { reason } = ended
  return {
    result: undefined,
    error: ended,
    diagnosis: reason._tag === "PodFailed" ? reason.diagnosis : undefined,
    events
  }
}

const isCause = <Tag extends DiagnosisCause["_tag"]>(
  { diagnosis, error, result }: End,
  tag: Tag,
  kind: Diagnosis["kind"]
): Extract<DiagnosisCause, { readonly _tag: Tag }> => {
  const seen = `${error?.message ?? JSON.stringify(result)}`
  assert.strictEqual(diagnosis?.cause._tag, tag, seen)
  assert.strictEqual(diagnosis?.kind, kind, seen)
  assert.notStrictEqual(diagnosis?.remedy, "")
  return diagnosis?.cause as Extract<DiagnosisCause, { readonly _tag: Tag }>
}

const sleeping = ["echo begun", "sleep 600"] as const
/** Ends by itself, with a code of its own, when it is told to go. */
const obedient = ["trap 'exit 7' TERM", "echo begun", "sleep 600 & wait"] as const

/** As `kubectl drain` asks for it. */
const evict = (pod: string) => {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace: LIMITED_NAMESPACE } }
  const path = `/api/v1/namespaces/${LIMITED_NAMESPACE}/pods/${pod}/eviction`
  return admin(["create", "--raw", path, "-f", "-"], JSON.stringify(eviction))
}

describe.concurrent("diagnosis", () => {
  aroundEach(ownScratch)

  it("P1 no node has the resources", async () => {
    const { error, events } = await end({
      commands: ["true"],
      runner: { waitUntilRunning: "PT10S", resources: { request: { cpu: "1000" } } }
    })
    assert.match(String(error), /waitUntilRunning allows 10 s, spent on waiting for a node \(.*Insufficient cpu/)
    assert.isTrue(events.some((event) => event._tag === "Waiting" && event.diagnosis.cause._tag === "Unschedulable"))
  })

  it("P2 held back by a scheduling gate", async () => {
    const { error } = await end({
      commands: ["true"],
      runner: { waitUntilRunning: "PT3S", podSpec: { schedulingGates: [{ name: "example.org/quota" }] } }
    })
    assert.match(String(error), /waitUntilRunning allows 3 s, spent on waiting for its scheduling gates/)
  })

  it("P3 a tag that the registry does not have", async () => {
    const cause = isCause(await end({ image: "busybox:no-such-tag", commands: ["true"] }), "ImagePull", "permanent")
    assert.include(cause.image, "busybox:no-such-tag")
    assert.match(cause.said, /not found/)
  })

  it("P4 a name that is none, and an image that may not be pulled", async () => {
    isCause(await end({ image: "Not An Image", commands: ["true"] }), "ImageName", "permanent")
    const never = { pullPolicy: "NEVER" } as const
    const cause = isCause(
      await end({ image: "no-such-image:1", commands: ["true"], runner: never }),
      "ImageName",
      "permanent"
    )
    assert.strictEqual(cause.reason, "ErrImageNeverPull")
  })

  it("P5 a Secret that is not there", async () => {
    const runner = { containerSpec: { envFrom: [{ secretRef: { name: "no-such-secret" } }] } }
    const cause = isCause(await end({ commands: ["true"], runner }), "ContainerConfig", "permanent")
    assert.match(cause.said, /secret "no-such-secret" not found/)
  })

  it("P6 a program that is not there", async () => {
    const found = await end({ runner: { containerSpec: { command: ["/no/such/program"] } } })
    assert.match(isCause(found, "StartError", "permanent").said, /no such file|not found/)
  })

  it("P7 a ConfigMap to be mounted that is not there is told by events", async () => {
    const runner = {
      waitUntilRunning: "PT20S",
      podSpec: { volumes: [{ name: "v", configMap: { name: "no-such-map" } }] },
      containerSpec: { volumeMounts: [{ name: "v", mountPath: "/v" }] }
    }
    const { error, events } = await end({ commands: ["true"], runner })
    assert.match(String(error), /the cluster said last: .*configmap "no-such-map" not found \(FailedMount\)/)
    assert.isTrue(events.some((event) => event._tag === "PodEvent" && event.reason === "FailedMount"))
  })

  it("P12 deleted while it waits", async () => {
    const id = freshId("diagnosis")
    const running = end({ id, commands: ["true"], runner: { nodeSelector: { disk: "none-such" } } })
    await admin(["wait", "--for=create", "pod", "-l", `podwright.dev/flow-id=${id}`, "--timeout=30s"])
    await admin(["delete", "pod", "-l", `podwright.dev/flow-id=${id}`])
    isCause(await running, "Deleted", "transient")
  })

  it("R2 a process killed for memory whose command goes on", async () => {
    const eater = `awk 'BEGIN { s = "x"; while (length(s) < 1.5e8) s = s s }'`
    const { diagnosis, result } = await end({
      commands: [`${eater} || echo survived`],
      runner: { resources: { limit: { memory: "32Mi" } } }
    })
    // cgroup v2 kills the container as a whole (memory.oom.group), v1 the process alone.
    if (result?.state === "FAILED") assert.strictEqual(diagnosis?.cause._tag, "OutOfMemory")
    else assert.strictEqual(result?.exitCode, 0)
  })

  it("R20 more on disk than its limit", async () => {
    const commands = ["echo begun", "dd if=/dev/zero of=/tmp/big bs=1M count=64 2>/dev/null", "sleep 600"] as const
    const runner = { resources: { limit: { "ephemeral-storage": "8Mi" } } }
    const cause = isCause(await end({ commands, runner, timeout: "PT2M" }), "StorageLimit", "permanent")
    assert.match(cause.said, /ephemeral local storage usage exceeds/)
    assert.strictEqual(cause.limit, "Pod")
    assert.isNotNull(cause.node)
  })

  it("P13 an init container of the task's own fails", async () => {
    const prepare = { name: "prepare", image: "busybox", command: ["sh", "-c", "echo no database >&2; exit 3"] }
    const found = await end({ commands: ["echo main"], runner: { podSpec: { initContainers: [prepare] } } })
    const cause = isCause(found, "ContainerFailed", "permanent")
    assert.deepStrictEqual([cause.container, cause.exitCode], ["prepare", 3])
    assert.include(found.error?.message, "no database")
  })

  it("R21 a postStart hook fails", async () => {
    const lifecycle = { postStart: { exec: { command: ["false"] } } }
    const runner = { podSpec: { containers: [{ name: "main", lifecycle }] } }
    const { result } = await end({ commands: ["sleep 60"], runner, timeout: "PT2M" })
    assert.strictEqual(result?.diagnosis?.cause._tag, "HookFailed", JSON.stringify(result?.diagnosis))
  })

  it("R21 a liveness probe fails", async () => {
    const livenessProbe = { exec: { command: ["cat", "/nowhere"] }, periodSeconds: 1, failureThreshold: 1 }
    const runner = { podSpec: { containers: [{ name: "main", livenessProbe }] } }
    const { result } = await end({ commands: ["sleep 60"], runner, timeout: "PT2M" })
    assert.strictEqual(result?.diagnosis?.cause._tag, "ProbeFailed", JSON.stringify(result?.diagnosis))
  })

  it("R20 more in its volume than the volume's limit", async () => {
    const commands = ["echo begun", "dd if=/dev/zero of=big bs=1M count=64 2>/dev/null", "sleep 600"] as const
    const runner = { volume: { sizeLimit: "8Mi" } }
    const found = await end({ commands, runner, timeout: "PT2M" })
    assert.strictEqual(isCause(found, "StorageLimit", "permanent").name, "podwright")
    assert.include(found.error?.message, "volume.sizeLimit")
  })

  it("R5 evicted by the API", async () => {
    const found = await end({ commands: sleeping }, evict)
    assert.strictEqual(isCause(found, "Evicted", "transient").reason, "EvictionByEvictionAPI")
  })

  it("R5 evicted by the API, and ends by itself", async () => {
    const found = await end({ commands: obedient }, evict)
    assert.strictEqual(isCause(found, "Evicted", "transient").reason, "EvictionByEvictionAPI")
    // The code that it ended with is a fact all the same.
    assert.strictEqual(found.error?.facts?.containers["main"]?.exitCode, 7)
  })

  it("R7 deleted by somebody, and ends by itself", async () => {
    isCause(await end({ commands: obedient }, (pod) => admin(["delete", "pod", pod])), "Deleted", "transient")
  })

  it("R11 the helper is ended", async () => {
    const found = await end({ commands: sleeping }, (pod) =>
      // Behind the exec's own end: the container's end would kill it, too. While main runs the helper stays at
      // TERM, so it is made to believe that main has not begun.
      admin([
        "exec",
        pod,
        "-c",
        "files",
        "--",
        "sh",
        "-c",
        "(sleep 0.5; rm /podwright/run/ready; kill -TERM 1) </dev/null >/dev/null 2>&1 &"
      ])
    )
    assert.strictEqual(isCause(found, "HelperEnded", "transient").container, "files")
  })

  it("R13 a sidecar that others put in never ends", async () => {
    const mesh = { name: "mesh", image: "busybox", command: ["sleep", "600"] }
    const runner = { podSpec: { terminationGracePeriodSeconds: 0, containers: [mesh] } }
    const { result } = await end({ commands: ["exit 3"], runner })
    assert.strictEqual(result?.exitCode, 3)
  })

  it.each([
    ["that ends at once", sleeping],
    ["that ends by itself", obedient]
  ])("R15 past the deadline of its pod, with a command %s", async (_which, commands) => {
    const runner = { podSpec: { activeDeadlineSeconds: 4 } }
    isCause(await end({ commands: [commands[0], ...commands.slice(1)], runner }), "DeadlineExceeded", "permanent")
  })

  it("R17 a container to look into the pod is no business of the run", async () => {
    const id = freshId("debugged")
    const debug = ["--image=busybox", "-c", "looking", "--image-pull-policy=IfNotPresent", "--", "sh", "-c", "exit 9"]
    const looked = "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=9"
    const found = await end({ id, commands: ["echo begun", untilTold(id, "exit 3")] }, async (pod) => {
      await admin(["debug", pod, ...debug])
      await admin(["wait", `pod/${pod}`, `--for=${looked}`, "--timeout=60s"])
      await go(cluster, id)
    })
    assert.strictEqual(found.result?.exitCode, 3, String(found.error))
  })

  it("R18 a native sidecar runs all the time, and no start is waited for behind it", async () => {
    const native = { name: "proxy", image: "busybox", command: ["sleep", "600"], restartPolicy: "Always" }
    const runner = { podSpec: { terminationGracePeriodSeconds: 0, initContainers: [native] } }
    const { error, result } = await end({ commands: ["cat in"], inputFiles: { in: "text" }, runner })
    assert.strictEqual(result?.state, "SUCCESS", String(error))
  })

  it("P11 an init container that never ends is what the start waits for", async () => {
    const init = { name: "wait-for-db", image: "busybox", command: ["sleep", "600"] }
    const runner = { waitUntilRunning: "PT25S", podSpec: { initContainers: [init] } }
    const { error } = await end({ commands: ["true"], runner })
    assert.match(String(error), /spent on starting containers on node \S+: wait-for-db: running/)
  })
})

/** Takes more than half of the node. */
describe("diagnosis, alone on the node", () => {
  it("R5 preempted by a pod of higher priority", async () => {
    const name = freshId("priority")
    const priority = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value: 1000 }
    const node = JSON.parse((await admin(["get", "nodes", "-o", "json"])).stdout).items[0]
    // More than half of the node, so that it holds one of the two.
    const request = { memory: `${Math.floor(Number.parseInt(node.status.allocatable.memory, 10) * 0.6)}Ki` }
    await admin(["create", "-f", "-"], JSON.stringify(priority))
    try {
      const found = await end({ commands: sleeping, runner: { resources: { request } } }, () => {
        const spec = {
          priorityClassName: name,
          terminationGracePeriodSeconds: 0,
          containers: [{ name: "c", image: "busybox", command: ["sleep", "600"], resources: { requests: request } }]
        }
        return admin(["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }))
      })
      assert.strictEqual(isCause(found, "Preempted", "transient").reason, "PreemptionByScheduler")
    } finally {
      await admin(["delete", "priorityclass", name])
      await admin(["delete", "pod", name, "--ignore-not-found", "--force", "--grace-period=0"])
    }
  })
})
