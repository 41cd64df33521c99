/**
 * Whole pods on the node, as real processes, as whoever runs the tests. What is expected was read
 * from a real 1.35 node.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import type { PodStatus } from "../../src/contract/PodStatus.ts"
import { containerStatus, main, makeTestNode, type TestNode } from "../support/TestNode.ts"
import { within } from "../support/within.ts"

class Node extends Context.Service<Node, TestNode>()("local-cluster/test/Node") {
  static readonly layer = Layer.effect(Node, makeTestNode)
}

const runsMain = (status: PodStatus) => containerStatus(status)?.state.running !== undefined
const trouble = (name: string, more: object = {}) =>
  main("sleep 1000", { image: `local-cluster.invalid/${name}`, ...more })
const pick = (status: PodStatus) => ({ phase: status.phase, terminated: containerStatus(status)?.state.terminated })
const conditions = (status: PodStatus) =>
  Object.fromEntries((status.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason ?? ""}`.trim()]))

layer(Node.layer, { excludeTestServices: true })("Kubelet", (it) => {
  describe("a pod's life", () => {
    it.effect("is told in order, one write per change", () =>
      Effect.gen(function* () {
        const node = yield* Node
        const pod = yield* node.create({
          containers: [main("echo out; echo err >&2; read x; echo message >/dev/termination-log")]
        })
        const status = yield* pod.ended
        assert.deepInclude(containerStatus(status)?.state.terminated, {
          exitCode: 0,
          reason: "Completed",
          message: "message\n"
        })
        const told = pod.statuses().map((one) => `${one.phase} ${Object.keys(containerStatus(one)?.state ?? {})}`)
        assert.deepStrictEqual(
          told.filter((one, index) => one !== told[index - 1]),
          ["Pending ", "Pending waiting", "Running running", "Succeeded terminated"]
        )
        assert.deepStrictEqual(conditions(status), {
          PodReadyToStartContainers: "False",
          Initialized: "True PodCompleted",
          Ready: "False PodCompleted",
          ContainersReady: "False PodCompleted",
          PodScheduled: "True"
        })
        assert.sameMembers([...(yield* pod.log())], ["stdout: out", "stderr: err"])
        assert.deepStrictEqual(
          pod.events().map(([, reason]) => reason),
          ["Scheduled", "ImageNotPulled", "Created", "Started"]
        )
      })
    )

    const ends: ReadonlyArray<readonly [name: string, container: object, phase: string, end: object]> = [
      ["exit code", main("exit 3"), "Failed", { exitCode: 3, reason: "Error" }],
      [
        "a killed child's is the shell's",
        main("sh -c 'kill -9 $$'; exit 7"),
        "Failed",
        { exitCode: 7, reason: "Error" }
      ],
      [
        "the log's end as message",
        main("echo hi; echo ho; exit 3", { terminationMessagePolicy: "FallbackToLogsOnError" }),
        "Failed",
        { exitCode: 3, reason: "Error", message: "hi\nho\n" }
      ],
      [
        "a message of at most 4096 bytes",
        main("head -c 5000 /dev/zero | tr '\\0' x >/dev/termination-log"),
        "Succeeded",
        { exitCode: 0, reason: "Completed", message: "x".repeat(4096) }
      ],
      [
        "a program that is not there",
        main("", { command: ["nope"] }),
        "Failed",
        {
          exitCode: 128,
          reason: "StartError",
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
          startedAt: "1970-01-01T00:00:00Z"
        }
      ],
      [
        "an image without a shell",
        trouble("no-shell", { command: ["sh"] }),
        "Failed",
        {
          exitCode: 128,
          reason: "StartError",
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown'
        }
      ],
      [
        "a variable longer than Linux takes",
        main("exit 0", { env: [{ name: "BIG", value: "x".repeat(200_000) }] }),
        "Failed",
        {
          exitCode: 128,
          reason: "StartError",
          message:
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: argument list too long: unknown"
        }
      ],
      [
        "more variables than Linux takes",
        main("exit 0", {
          env: Array.from({ length: 100 }, (_, index) => ({ name: `BIG_${index}`, value: "x".repeat(100_000) }))
        }),
        "Failed",
        { exitCode: 128, reason: "StartError" }
      ],
      [
        "a NUL in the command",
        main("echo a\0b"),
        "Failed",
        {
          exitCode: 128,
          reason: "StartError",
          message:
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: invalid argument: unknown"
        }
      ],
      [
        "an image's entrypoint",
        { name: "main", image: "local-cluster.invalid/entrypoint", args: ["sh", "-c", "exit 4"] },
        "Failed",
        { exitCode: 4, reason: "Error" }
      ],
      [
        "variables in command and args",
        { ...main(""), command: ["sh", "-c"], args: ["exit $(CODE)"], env: [{ name: "CODE", value: "6" }] },
        "Failed",
        { exitCode: 6 }
      ]
    ]
    it.effect.each(ends)("ends with %s", ([, container, phase, end]) =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ containers: [container] })
        const status = pick(yield* pod.ended)
        assert.strictEqual(status.phase, phase)
        assert.deepInclude(status.terminated, end)
      })
    )

    const waits: ReadonlyArray<readonly [name: string, container: object, reason: string, message: RegExp]> = [
      [
        "a Secret",
        main("", { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }),
        "CreateContainerConfigError",
        /^secret "s" not found$/
      ],
      [
        "a command",
        { name: "main", image: "busybox" },
        "CreateContainerError",
        /^no command specified: a local cluster pulls no images/
      ],
      ["an image, not now", trouble("pull-back-off"), "ErrImagePull", /503 Service Unavailable$/],
      ["an image, ever", trouble("pull-error"), "ImagePullBackOff", /^Back-off pulling image .*: not found$/],
      [
        "an image that may not be pulled",
        trouble("pull-error", { imagePullPolicy: "Never" }),
        "ErrImageNeverPull",
        /is not present with pull policy of Never$/
      ]
    ]
    it.effect.each(waits)("does not begin without %s", ([, container, reason, message]) =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ containers: [container] })
        const status = yield* pod.until(reason, (one) => containerStatus(one)?.state.waiting?.reason === reason)
        assert.strictEqual(status.phase, "Pending")
        assert.match(containerStatus(status)?.state.waiting?.message ?? "", message)
        assert.include(
          pod.events().map(([type]) => type),
          "Warning"
        )
        yield* pod.delete(0)
        yield* pod.gone
      })
    )

    it.effect("begins late with a slow image", () =>
      Effect.gen(function* () {
        const container = main("exit 0", { image: "local-cluster.invalid/slow-start:0.2" })
        const started = performance.now()
        const pod = yield* (yield* Node).create({ containers: [container] })
        yield* pod.ended
        assert.isAtLeast(performance.now() - started, 200)
      })
    )

    it.effect("does not begin where no node fits", () =>
      Effect.gen(function* () {
        const node = yield* Node
        for (const spec of [
          { containers: [main("true")], nodeSelector: { disk: "ssd" } },
          { containers: [trouble("unschedulable")] }
        ]) {
          const pod = yield* node.create(spec)
          const status = yield* pod.until(
            "no node takes it",
            (one) => conditions(one)["PodScheduled"] === "False Unschedulable"
          )
          assert.match(status.conditions?.[0]?.message ?? "", /^0\/1 nodes are available: /)
          assert.deepStrictEqual(
            pod.events().map(([type, reason]) => `${type} ${reason}`),
            ["Warning FailedScheduling"]
          )
          yield* pod.delete()
          yield* pod.gone
        }
      })
    )
  })

  describe("containers", () => {
    it.effect("share volumes; init containers go first, sidecars stay until main has ended", () =>
      Effect.gen(function* () {
        const volumeMounts = [{ name: "v", mountPath: "/v" }]
        const say = (name: string) => ({ ...main(`echo ${name} >>/v/order`, { volumeMounts }), name })
        const helper = (name: string) => ({
          ...main(
            `trap 'echo end-${name} >>/v/order; exit 5' TERM; echo ${name} >>/v/order; while :; do sleep 0.01; done`
          ),
          name,
          volumeMounts,
          restartPolicy: "Always"
        })
        const pod = yield* (yield* Node).create({
          volumes: [{ name: "v", emptyDir: {} }],
          initContainers: [say("one"), helper("s"), helper("t"), say("two")],
          containers: [
            main("until grep -q two /v/order && [ $(wc -l </v/order) = 4 ]; do sleep 0.01; done; cat /v/order", {
              volumeMounts
            })
          ]
        })
        const status = yield* pod.ended
        // A sidecar is not waited for, only begun, before the next container is.
        const order = yield* pod.log()
        assert.strictEqual(order[0], "stdout: one")
        assert.sameMembers(
          [...order],
          ["one", "s", "t", "two"].map((name) => `stdout: ${name}`)
        )
        assert.deepStrictEqual(
          ["one", "s", "t", "two"].map((name) => containerStatus(status, name)?.state.terminated?.exitCode),
          [0, 5, 5, 0]
        )
        assert.strictEqual(status.phase, "Succeeded")
        // while sidecars end, the pod runs
        const between = pod.statuses().find((one) => containerStatus(one)?.state.terminated !== undefined)
        assert.strictEqual(between?.phase, "Running")
        const killing = pod.events().filter(([, reason]) => reason === "Killing")
        assert.deepStrictEqual(
          killing.map(([, , message]) => message),
          ["Stopping container t", "Stopping container s"]
        )
      })
    )

    it.effect("after a failed init container do not start", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({
          initContainers: [
            { ...main("exit 2"), name: "i" },
            { ...main("true"), name: "j" }
          ],
          containers: [main("true")]
        })
        const status = yield* pod.ended
        assert.strictEqual(status.phase, "Failed")
        assert.strictEqual(containerStatus(status, "j")?.state.waiting?.reason, "PodInitializing")
        assert.strictEqual(containerStatus(status)?.state.waiting?.reason, "PodInitializing")
        assert.strictEqual(conditions(status)["Initialized"], "False ContainersNotInitialized")
      })
    )

    it.effect("are started again as the policy says", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({
          restartPolicy: "OnFailure",
          volumes: [{ name: "v", emptyDir: {} }],
          containers: [
            main("[ -e /v/again ] && exit 0; : >/v/again; exit 1", { volumeMounts: [{ name: "v", mountPath: "/v" }] })
          ]
        })
        const status = containerStatus(yield* pod.ended)
        assert.strictEqual(status?.restartCount, 1)
        assert.strictEqual(status?.lastState.terminated?.exitCode, 1)
        assert.strictEqual(status?.state.terminated?.exitCode, 0)
      })
    )

    it.effect("wait longer and longer when they crash", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ restartPolicy: "Always", containers: [main("exit 1")] })
        const status = yield* pod.until(
          "CrashLoopBackOff",
          (one) => containerStatus(one)?.state.waiting?.reason === "CrashLoopBackOff"
        )
        assert.strictEqual(status.phase, "Running")
        assert.match(
          containerStatus(status)?.state.waiting?.message ?? "",
          /^back-off 10s restarting failed container=main/
        )
        yield* pod.delete(0)
      })
    )

    it.effect("run as the user they are to run as", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({
          securityContext: { runAsUser: 1234, runAsGroup: 5678 },
          containers: [
            main("id -u; id -g; [ -w /v ] && echo writable; echo $HOME", {
              volumeMounts: [{ name: "v", mountPath: "/v" }]
            })
          ],
          volumes: [{ name: "v", emptyDir: {} }]
        })
        yield* pod.ended
        assert.deepStrictEqual(
          yield* pod.log(),
          ["1234", "5678", "writable", "/"].map((line) => `stdout: ${line}`)
        )
      })
    )

    it.effect("that use up their memory are killed, or the pod says that nobody watches", () =>
      Effect.gen(function* () {
        const limits = { memory: "64Mi" }
        // bounded, for where there is no limit
        const pod = yield* (yield* Node).create({
          containers: [main("head -c 200000000 /dev/zero | tail >/dev/null; exit 0", { resources: { limits } })]
        })
        const status = yield* pod.ended
        const reason = containerStatus(status)?.state.terminated?.reason
        const warned = pod.events().some(([, why]) => why === "MemoryLimitNotEnforced")
        assert.strictEqual(reason, warned ? "Completed" : "OOMKilled")
      })
    )
  })

  describe("ends from outside", () => {
    it.effect("a deadline", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ activeDeadlineSeconds: 1, containers: [main("sleep 1000")] })
        const status = yield* pod.ended
        assert.deepInclude(status, {
          phase: "Failed",
          reason: "DeadlineExceeded",
          message: "Pod was active on the node longer than the specified deadline"
        })
        assert.strictEqual(containerStatus(status)?.state.terminated?.exitCode, 137)
        assert.include(
          pod.events().map(([, reason]) => reason),
          "DeadlineExceeded"
        )
        // nobody was told before it was so
        for (const one of pod.statuses()) assert.strictEqual(one.phase === "Failed", one.reason !== undefined)
      })
    )

    it.effect("a deadline before a container has started, which then never does", () =>
      Effect.gen(function* () {
        const slow = main("echo ran", { image: "local-cluster.invalid/slow-start:600" })
        const pod = yield* (yield* Node).create({ activeDeadlineSeconds: 1, containers: [slow] })
        assert.strictEqual((yield* pod.ended).reason, "DeadlineExceeded")
        assert.deepStrictEqual(
          pod.statuses().filter(({ phase }) => phase === "Running"),
          []
        )
        assert.notInclude(
          pod.events().map(([, reason]) => reason),
          "Started"
        )
        yield* pod.delete(0)
        yield* pod.gone
      })
    )

    it.effect("an error's log is cut at 2048 bytes, between characters", () =>
      Effect.gen(function* () {
        const script = "i=0; while [ $i -lt 60 ]; do echo ééééééééééééééééééééééééé; i=$((i+1)); done; printf x; exit 1"
        const policy = { terminationMessagePolicy: "FallbackToLogsOnError" }
        const pod = yield* (yield* Node).create({ containers: [main(script, policy)] })
        const message = containerStatus(yield* pod.ended)?.state.terminated?.message ?? ""
        assert.isAtMost(Buffer.byteLength(message), 2048)
        assert.match(message, /^é*\n(é{25}\n)*x$/)
      })
    )

    it.effect("an eviction", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ containers: [trouble("evicted")] })
        const status = yield* pod.ended
        assert.strictEqual(status.reason, "Evicted")
        assert.match(status.message ?? "", /^The node was low on resource: memory\./)
        assert.strictEqual(conditions(status)["DisruptionTarget"], "True TerminationByKubelet")
        assert.strictEqual(containerStatus(status)?.state.terminated?.exitCode, 137)
      })
    )

    it.effect("a lost node, which says nothing more", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({ containers: [trouble("node-lost")] })
        const status = yield* pod.ended
        assert.strictEqual(status.reason, "NodeLost")
        assert.isDefined(containerStatus(status)?.state.running)
        assert.deepStrictEqual(pod.status(), status)
      })
    )

    it.effect("deletion: TERM, and KILL when the grace period is over", () =>
      Effect.gen(function* () {
        const node = yield* Node
        const script = "trap 'exit 4' TERM; echo ready; while :; do sleep 0.01; done"
        const polite = yield* node.create({ containers: [main(script)] })
        const deaf = yield* node.create({ containers: [main("trap '' TERM; while :; do sleep 0.01; done")] })
        for (const pod of [polite, deaf]) yield* pod.until("main runs", runsMain)
        const log = yield* node.runtime.log({ podUid: polite.uid, container: "main" }, true)
        if (log !== undefined) yield* Stream.runDrain(Stream.take(log, 1))
        yield* polite.delete(30)
        yield* deaf.delete(1)
        for (const pod of [polite, deaf]) yield* pod.gone
        assert.deepStrictEqual(
          [polite, deaf].map((pod) => {
            const last = pod.statuses().at(-1)
            return last && containerStatus(last)?.state.terminated?.exitCode
          }),
          [4, 137]
        )
      })
    )

    it.effect("a sidecar that is deaf to TERM, and KILL when main has ended and the pod's grace period is over", () =>
      Effect.gen(function* () {
        const volumeMounts = [{ name: "v", mountPath: "/v" }]
        const deaf = main("trap '' TERM; : >/v/deaf; while :; do sleep 0.01; done", { volumeMounts })
        const pod = yield* (yield* Node).create({
          terminationGracePeriodSeconds: 1,
          volumes: [{ name: "v", emptyDir: {} }],
          initContainers: [{ ...deaf, name: "deaf", restartPolicy: "Always" }],
          containers: [main("until [ -e /v/deaf ]; do sleep 0.01; done", { volumeMounts })]
        })
        const status = yield* pod.ended
        assert.strictEqual(status.phase, "Succeeded")
        assert.strictEqual(containerStatus(status, "deaf")?.state.terminated?.exitCode, 137)
      })
    )

    it.effect("deletion at once, which ends an exec with the container", () =>
      Effect.gen(function* () {
        const node = yield* Node
        const pod = yield* node.create({ containers: [main("sleep 1000")] })
        yield* pod.until("main runs", runsMain)
        const exec = yield* Effect.forkChild(pod.exec(["sleep", "1000"]))
        yield* pod.delete(0)
        yield* pod.gone
        assert.isUndefined(pod.status())
        yield* within("the exec has ended", Fiber.await(exec))
      })
    )
  })

  describe("exec and logs", () => {
    it.effect("a program runs beside main", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({
          containers: [main("trap 'exit 0' TERM; while :; do sleep 0.01; done", { workingDir: "/made" })]
        })
        yield* pod.until("main runs", runsMain)
        assert.deepStrictEqual(yield* pod.exec(["sh", "-c", "pwd; cat; echo e >&2; exit 3"], "typed"), {
          code: 3,
          stdout: "/made\ntyped",
          stderr: "e\n"
        })
        assert.deepStrictEqual(yield* pod.exec(["sh", "-c", "kill -9 $$"]), { code: 137, stdout: "", stderr: "" })
        const large = "x".repeat(3_000_000)
        assert.strictEqual((yield* pod.exec(["cat"], large)).stdout, large)
        assert.strictEqual((yield* pod.exec(["true"], large)).code, 0)
        assert.strictEqual(yield* Effect.flip(pod.exec(["nope"])), 'exec: "nope": executable file not found in $PATH')
        yield* pod.delete(1)
        yield* pod.gone
        assert.strictEqual(yield* Effect.flip(pod.exec(["true"])), "ContainerNotFound")
      })
    )

    it.effect("a program runs beside an init container", () =>
      Effect.gen(function* () {
        const pod = yield* (yield* Node).create({
          initContainers: [{ ...main("until [ -e /tmp/go ]; do sleep 0.01; done"), name: "i" }],
          containers: [main("true")]
        })
        yield* pod.until("the init container runs", (one) => containerStatus(one, "i")?.state.running !== undefined)
        assert.strictEqual(yield* Effect.flip(pod.exec(["true"])), "ContainerNotFound")
        yield* pod.exec(["touch", "/tmp/go"], "", "i")
        assert.strictEqual((yield* pod.ended).phase, "Succeeded")
        assert.strictEqual(yield* Effect.flip(pod.exec(["true"], "", "i")), "ContainerNotFound")
      })
    )

    it.effect("a log is followed to its end, however long its lines are", () =>
      Effect.gen(function* () {
        const script =
          "until [ -e /tmp/go ]; do sleep 0.01; done; head -c 40000 /dev/zero | tr '\\0' x; echo; seq 20000; printf end"
        const pod = yield* (yield* Node).create({ containers: [main(script)] })
        yield* pod.until("main runs", runsMain)
        const following = yield* Effect.forkChild(pod.log("main", true))
        assert.deepStrictEqual(yield* pod.log("main", false), [])
        yield* pod.exec(["touch", "/tmp/go"])
        const lines = yield* Fiber.join(following)
        assert.deepStrictEqual(
          lines.slice(0, 4).map((line) => line.length - "stdout: ".length),
          [16384, 16384, 7232, 1]
        )
        assert.deepStrictEqual(
          lines.slice(3, -1),
          Array.from({ length: 20000 }, (_, index) => `stdout: ${index + 1}`)
        )
        assert.strictEqual(lines.at(-1), "stdout: end")
        yield* pod.ended
        assert.deepStrictEqual(yield* pod.log("main", false), lines)
      })
    )
  })

  it.effect("runs many pods at once", () =>
    Effect.gen(function* () {
      const node = yield* Node
      const pods = yield* Effect.forEach(Array.from({ length: 60 }), () =>
        node.create({ containers: [main("exit 0", { resources: { limits: { memory: "64Mi" } } })] })
      )
      const phases = yield* Effect.forEach(pods, (pod) => Effect.map(pod.ended, ({ phase }) => phase), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(new Set(phases), new Set(["Succeeded"]))
    })
  )
})
