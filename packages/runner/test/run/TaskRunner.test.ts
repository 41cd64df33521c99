/**
 * Whole runs against a fake cluster: which requests a run sends, and how it ends. Numbers
 * such as R14 and F20 are rows of the catalogues in packages/runner/README.md and
 * packages/file-sync/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Exec, KubeError } from "@podwright/k8s-io"
import { Duration, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { TaskRunner } from "../../src/run/TaskRunner.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { begin, pass, started, stuck, task } from "../support/BegunRun.ts"
import { fakeCluster } from "../support/FakeCluster.ts"

/** The texts of a run's warnings, a line each. */
const warnings = (events: ReadonlyArray<RunEvent>): string =>
  events.flatMap((event) => (event._tag === "Warning" ? [event.message] : [])).join("\n")

describe("TaskRunner", () => {
  it.effect("stops the pod on cancellation, whatever the task says about deletion", () =>
    Effect.gen(function* () {
      for (const keep of [true, false]) {
        const run = yield* begin(yield* task({ delete: keep }))
        yield* run.present({ phase: "Pending" }, "node1")
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(run.fiber)
        assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
      }
    })
  )

  it.effect("stops the command when somebody asks for it by the pod, and says who", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({ delete: false }))
      yield* run.present(started, "node1")
      yield* TestClock.adjust("1 second")
      yield* run.cancelled(started, JSON.stringify({ by: "ann@laptop", at: "2026-01-02T03:04:05.000Z" }))
      yield* pass(2)
      yield* run.deleted(started)
      yield* pass(2)
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.message, "cancelled by ann@laptop at 2026-01-02T03:04:05.000Z (podwright cancel)")
      assert.isFalse(error.retryable)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
    })
  )

  it.effect("ends when waitUntilRunning is over, and says what the time went into", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({ waitUntilRunning: "PT2M", delete: false }))
      yield* run.present({
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes fit" }]
      })
      yield* TestClock.adjust("119 seconds")
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag, "TimedOut")
      assert.include(error.message, "waitUntilRunning allows 120 s, spent on waiting for a node (0/3 nodes fit)")
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
      assert.include(
        run.events.map((event) => (event._tag === "Waiting" ? event.diagnosis.cause._tag : event._tag)),
        "Unschedulable"
      )
    })
  )

  it.effect("P11 tells what the cluster says of its own pod, and the last of it when the start takes too long", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({ waitUntilRunning: "PT1M" }))
      yield* run.present({ phase: "Pending" }, "node1")
      yield* run.says("Killing", "Stopping container main", "an-earlier-pod")
      yield* run.says("Pulling", 'Pulling image "busybox"')
      yield* TestClock.adjust("1 minute")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.include(error.message, 'the cluster said last: Pulling image "busybox" (Pulling)')
      const told = run.events.filter((event) => event._tag === "PodEvent")
      assert.deepStrictEqual(
        told.map(({ at: _at, ...event }) => event),
        [
          {
            _tag: "PodEvent",
            type: "Normal",
            reason: "Pulling",
            message: 'Pulling image "busybox"',
            count: 1,
            container: "main"
          }
        ]
      )
    })
  )

  const clocks = [
    ["waitUntilCompletion", { waitUntilCompletion: "PT2M" }, undefined, 120],
    ["timeout", { waitUntilCompletion: "PT2M" }, "3 minutes", 180],
    ["timeout", { waitUntilCompletion: "PT2M" }, "30 seconds", 30]
  ] as const
  for (const [limit, properties, timeout, seconds] of clocks)
    it.effect(`R14 ends a command by ${limit} after ${seconds} s, whatever happens meanwhile`, () =>
      Effect.gen(function* () {
        const own = timeout === undefined ? undefined : Duration.fromInputUnsafe(timeout)
        const request = yield* task({ ...properties, logs: "kubelet", waitUntilRunning: "PT1M" }, { timeout: own })
        const run = yield* begin(request)
        yield* TestClock.adjust("50 seconds")
        yield* run.present(started, "node1")
        // The start's clock does not run on, and a pod that changes does not begin it anew.
        for (let turn = 1; turn < seconds / 10; turn++) {
          yield* TestClock.adjust("10 seconds")
          yield* run.present(started, "node1")
        }
        yield* TestClock.adjust("9 seconds")
        assert.isUndefined(run.fiber.pollUnsafe())
        yield* TestClock.adjust("2 seconds")
        const error = yield* Effect.flip(Fiber.join(run.fiber))
        assert.include(
          error.message,
          `${limit} allows ${seconds} s, spent on running the command (it has printed nothing)`
        )
        assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
      })
    )

  it.effect("waits for late lines no longer than waitForLogs, and says that some may be missing", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({ logs: "kubelet", waitForLogs: "PT7S" }))
      yield* run.present(
        { phase: "Succeeded", containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }] },
        "node1"
      )
      yield* TestClock.adjust("6 seconds")
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const result = yield* Fiber.join(run.fiber)
      assert.strictEqual(result.state, "SUCCESS")
      assert.strictEqual(result.logGaps, 1)
    })
  )

  it.effect("keeps what the kubelet told of the containers, also for an error", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(
        {
          phase: "Running",
          containerStatuses: [
            { name: "files", imageID: "sha256:f", state: { terminated: { exitCode: 1, reason: "Error" } } },
            { name: "main", imageID: "sha256:m", state: { running: {} } }
          ]
        },
        "node1"
      )
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.deepStrictEqual(error.facts?.containers, {
        files: { imageID: "sha256:f", exitCode: 1, reason: "Error" },
        main: { imageID: "sha256:m", exitCode: null, reason: null }
      })
    })
  )

  it.effect(
    "goes on when main runs, though the container that took the inputs ended before its session could say so",
    () =>
      Effect.gen(function* () {
        const inputFiles = [{ name: "a", source: { _tag: "Text", text: "a" } }] as const
        const command = { _tag: "Entrypoint" } as const
        const run = yield* begin(yield* task({ waitUntilRunning: "PT1M" }, { command, inputFiles }))
        yield* run.present({ phase: "Pending" }, "node1")
        yield* TestClock.adjust("30 seconds")
        yield* run.present(started, "node1")
        yield* TestClock.adjust("1 minute")
        assert.isUndefined(run.fiber.pollUnsafe())
        assert.include(
          run.events.map((event) => (event._tag === "Phase" ? event.phase : event._tag)),
          "started"
        )
      })
  )

  it.effect("fails at once on an image that does not exist", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(stuck("ErrImagePull", "docker.io/library/nope: not found"), "node1")
      yield* TestClock.adjust("1 millis")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.include(error.message, "docker.io/library/nope: not found")
      assert.isFalse(error.retryable, error.message)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
    })
  )

  it.effect("gives a pull that may still succeed its grace, then fails", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(stuck("ErrImagePull", "503 Service Unavailable"), "node1")
      yield* TestClock.adjust("89 seconds")
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.isTrue(error.retryable, error.message)
    })
  )

  it.effect("keeps a failed pod when the task says so", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({ delete: "false" }))
      yield* run.present(stuck("InvalidImageName", "bad"), "node1")
      yield* TestClock.adjust("1 millis")
      yield* Effect.flip(Fiber.join(run.fiber))
      assert.deepStrictEqual(run.requests, ["create"])
    })
  )

  it.effect("does not wait for a node that says nothing of a pod that is to be gone", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(started, "node1")
      yield* TestClock.adjust("1 second")
      yield* run.terminating(started)
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag === "PodFailed" ? error.reason.diagnosis.cause._tag : undefined, "NodeLost")
      assert.include(error.message, "node node1 has not confirmed its end")
    })
  )

  it.effect("fails a pod that its node refused, though no container is told of", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present({ phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough cpu" }, "node1")
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.isTrue(error.retryable, error.message)
      assert.include(
        error.message,
        "node node1 refused the pod before anything ran: OutOfcpu: Node didn't have enough cpu"
      )
    })
  )

  it.effect("says when somebody else deletes the pod", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(started, "node1")
      yield* TestClock.adjust("1 second")
      yield* run.deleted(started)
      yield* TestClock.adjust("3 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag === "PodFailed" ? error.reason.diagnosis.cause._tag : undefined, "Deleted")
      assert.strictEqual(error.facts?.node, "node1")
    })
  )

  it.effect("says so, too, when its session alone has heard of it: the watch is late", () =>
    Effect.gen(function* () {
      const subject = { namespace: "n", name: "pod" }
      const reason = { _tag: "NotFound" as const, detail: "pods not found" }
      const exec: Exec["Service"]["open"] = () =>
        Effect.fail(new KubeError({ operation: "Exec.open", subject, reason }))
      const run = yield* begin(yield* task(), { exec, gone: true })
      yield* run.present(started, "node1")
      yield* pass(20)
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(
        error.reason._tag === "PodFailed" ? error.reason.diagnosis.cause._tag : error.message,
        "Deleted"
      )
      assert.isTrue(error.retryable, error.message)
    })
  )

  const inputFiles = [{ name: "data", source: { _tag: "Text" as const, text: "x" } }]
  const cutError = () => new KubeError({ operation: "Exec.send", subject: {}, reason: { _tag: "Cut", detail: "1006" } })
  /** An exec that asks for the inputs and is cut while they are sent. */
  const cutUpload: Exec["Service"]["open"] = ({ command }) =>
    Effect.succeed({
      protocol: "v4.channel.k8s.io",
      send: () => Effect.andThen(Effect.sleep("100 millis"), Effect.fail(cutError())),
      closeStdin: Effect.void,
      output: Stream.concat(
        Stream.make({ stream: "stdout" as const, bytes: Buffer.from(`\u001e${command[5]} send\n`) }),
        Stream.never
      ),
      outcome: Effect.never
    })

  it.effect("says that the pod was evicted when its end cut a transfer: F20", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({}, { inputFiles }), { exec: cutUpload })
      yield* run.present(started, "node1")
      yield* pass(2)
      assert.match(warnings(run.events), /reconnecting/)
      yield* run.present({ phase: "Failed", reason: "Evicted", message: "The node was low on memory" }, "node1")
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(
        error.reason._tag === "PodFailed" ? error.reason.diagnosis.cause._tag : error.message,
        "Evicted"
      )
    })
  )

  it.effect("starts a transfer over for as long as the run's clock allows, and no longer", () =>
    Effect.gen(function* () {
      let opened = 0
      const exec: typeof cutUpload = (request) => {
        opened++
        return cutUpload(request)
      }
      const run = yield* begin(yield* task({}, { inputFiles, timeout: Duration.minutes(2) }), { exec })
      yield* run.present(started, "node1")
      yield* pass(125)
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag === "TimedOut" ? error.reason.limit : error.message, "timeout")
      assert.isAbove(opened, 10)
    })
  )

  it.effect("says so while the pod is still ending, too", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(started, "node1")
      yield* run.terminating({
        phase: "Running",
        containerStatuses: [
          { name: "files", state: { terminated: { exitCode: 143 } } },
          { name: "main", state: { running: {} } }
        ]
      })
      yield* TestClock.adjust("3 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag === "PodFailed" ? error.reason.diagnosis.cause._tag : undefined, "Deleted")
    })
  )

  it.effect("says when the helper ends early", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present(
        {
          phase: "Running",
          containerStatuses: [{ name: "files", state: { terminated: { exitCode: 127, message: "sh: not found" } } }]
        },
        "node1"
      )
      yield* TestClock.adjust("3 seconds")
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.include(error.message, "sh: not found")
      assert.include(error.message, "fileSidecar.image")
    })
  )

  const undeleted: ReadonlyArray<KubeError["reason"]> = [
    { _tag: "ServerError", code: 500, detail: "etcd" },
    // these pass as well: a webhook that is down, a token that is being renewed
    { _tag: "Forbidden", verb: "delete", resource: "pods", namespace: "default", detail: "etcd" },
    { _tag: "Unauthorized", detail: "etcd" }
  ]
  for (const reason of undeleted)
    it.effect(`asks again when a deletion fails, and does not hide the run's end behind it (${reason._tag})`, () =>
      Effect.gen(function* () {
        const run = yield* begin(yield* task(), { delete: reason })
        yield* run.present(stuck("InvalidImageName", "bad name"), "node1")
        yield* TestClock.adjust("15 seconds")
        const error = yield* Effect.flip(Fiber.join(run.fiber))
        assert.include(error.message, "bad name")
        assert.isAbove(run.requests.length, 10)
        assert.match(warnings(run.events), /not be deleted.*etcd/)
      })
    )

  it.effect("sends a deletion that is not answered on another connection", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task(), { deleteHangs: true })
      yield* run.present(stuck("InvalidImageName", "bad name"), "node1")
      yield* TestClock.adjust("5 seconds")
      assert.include((yield* Effect.flip(Fiber.join(run.fiber))).message, "bad name")
      assert.lengthOf(
        run.requests.filter((request) => request.startsWith("delete")),
        2
      )
      assert.strictEqual(warnings(run.events), "")
    })
  )

  const refusals: ReadonlyArray<readonly [string, Effect.Effect<TaskRequest>, string]> = [
    ["a connection it cannot make", task({ config: { caCertFile: "/dev/null" } }), "config.caCertFile: is empty"],
    [
      "a cursor of another kind of log",
      task({ logs: "kubelet" }, { logCursor: { _tag: "volume", stdout: 1, stderr: 0 } }),
      "logCursor comes from a volume log, but this task's log is a kubelet log"
    ],
    ["a pattern it cannot match", task({}, { outputFiles: ["[x"] }), "[x"],
    [
      "an input that is not there",
      task({}, { inputFiles: [{ name: "a", source: { _tag: "Path", path: "/nowhere/a" } }] }),
      "/nowhere/a"
    ],
    [
      "a folder that outputs cannot be put in",
      task({}, { outputFiles: ["a"], outputDirectory: "/proc/self/out" }),
      "/proc/self/out"
    ],
    ["a pod that would be started again: R12", task({ podSpec: { restartPolicy: "Always" } }), "restartPolicy"]
  ]
  for (const [what, request, named] of refusals) {
    it.effect(`refuses ${what} before anything is created`, () =>
      Effect.gen(function* () {
        const cluster = yield* fakeCluster()
        const error = yield* Effect.flatMap(TaskRunner, (runner) => Effect.flatMap(request, runner.run)).pipe(
          Effect.provide(cluster.layer),
          Effect.flip
        )
        assert.include(error.message, named)
        assert.deepStrictEqual(cluster.requests, [])
      })
    )
  }

  it.effect("leaves a pod alone that it did not create", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task(), { create: { _tag: "AlreadyExists", detail: "pods exists" } })
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(error.reason._tag, "PodExists")
      assert.include(error.message, "already exists, created by something other than podwright")
      assert.deepStrictEqual(run.requests, ["create", "get"])
    })
  )

  const knowing: ReadonlyArray<KubeError["reason"]> = [
    { _tag: "AlreadyExists", detail: "pods exists" },
    // the words of a 409 can be lost as well
    { _tag: "Conflict", detail: "HTTP 409 without a body" }
  ]
  for (const reason of knowing)
    it.effect(`knows its own pod when the reply to the first create was lost (${reason._tag})`, () =>
      Effect.gen(function* () {
        const run = yield* begin(yield* task(), { loseReply: reason })
        yield* Fiber.interrupt(run.fiber)
        assert.deepStrictEqual(run.requests, ["create", "get", "delete uid-1 10"])
      })
    )

  it.effect("looks again for its own pod when the look is not answered, and when it is refused", () =>
    Effect.gen(function* () {
      const get = { _tag: "Forbidden", verb: "get", resource: "pods", namespace: "default", detail: "no" } as const
      const run = yield* begin(yield* task(), { get, loseReply: { _tag: "AlreadyExists", detail: "pods exists" } })
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.interrupt(run.fiber)
      assert.deepStrictEqual(run.requests, ["create", "get", "get", "get", "delete uid-1 10"])
    })
  )

  const beyondDoubt: ReadonlyArray<readonly [KubeError["reason"], ReadonlyArray<string>]> = [
    [{ _tag: "Timeout", seconds: 30 }, ["create", "get", "get", "get", "delete uid-1 0"]],
    // without any rights there is nothing to wait for
    [{ _tag: "Unauthorized", detail: "no" }, ["create", "get", "get"]]
  ]
  for (const [reason, requests] of beyondDoubt)
    it.effect(`insists on the look at a pod it may have made unless it has no rights (${reason._tag})`, () =>
      Effect.gen(function* () {
        const run = yield* begin(yield* task(), { get: { _tag: "Unauthorized", detail: "no" }, loseReply: reason })
        yield* TestClock.adjust("6 seconds")
        yield* Effect.flip(Fiber.join(run.fiber))
        assert.deepStrictEqual(run.requests, requests)
      })
    )

  const unknowing: ReadonlyArray<KubeError["reason"]> = [
    { _tag: "Timeout", seconds: 30 },
    // of a second try, when the first one's reply was lost
    { _tag: "Forbidden", verb: "create", resource: "pods", namespace: "default", detail: "no" }
  ]
  for (const reason of unknowing)
    it.effect(`removes a pod that may have been created though the request failed (${reason._tag})`, () =>
      Effect.gen(function* () {
        const run = yield* begin(yield* task(), { loseReply: reason })
        const error = yield* Effect.flip(Fiber.join(run.fiber))
        assert.strictEqual(error.reason._tag, "Kube")
        assert.deepStrictEqual(run.requests, ["create", "get", "delete uid-1 0"])
      })
    )

  it.effect("asks nobody again where RBAC said no", () =>
    Effect.gen(function* () {
      const words = (verb: string) => `pods is forbidden: User "u" cannot ${verb} resource "pods" in API group ""`
      const no = (verb: string) =>
        ({ _tag: "Forbidden", verb, resource: "pods", namespace: "default", detail: words(verb) }) as const
      const refused = yield* begin(yield* task(), { create: no("create") })
      assert.include((yield* Effect.flip(Fiber.join(refused.fiber))).message, "podwright doctor")
      assert.deepStrictEqual(refused.requests, ["create"])
      const undeleted = yield* begin(yield* task(), { delete: no("delete") })
      yield* undeleted.present(stuck("InvalidImageName", "bad name"), "node1")
      yield* Effect.flip(Fiber.join(undeleted.fiber))
      assert.deepStrictEqual(undeleted.requests, ["create", "delete uid-1 10"])
    })
  )

  it.effect("cancels the run when the stream of its events is ended early", () =>
    Effect.gen(function* () {
      const cluster = yield* fakeCluster()
      const first = yield* Effect.gen(function* () {
        const runner = yield* TaskRunner
        return yield* runner.events(yield* task({ timeout: undefined })).pipe(Stream.take(2), Stream.runCollect)
      }).pipe(Effect.provide(cluster.layer), Effect.timeout(Duration.seconds(1)), Effect.forkChild)
      yield* TestClock.adjust("10 millis")
      const events = yield* Fiber.join(first)
      assert.deepStrictEqual(
        events.map((event) => event._tag === "Phase" && event.phase),
        ["submitted", "created"]
      )
      assert.deepStrictEqual(cluster.requests, ["create", "delete uid-1 10"])
    })
  )
})
