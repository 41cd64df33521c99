/**
 * What `Exec` promises, on the cluster of KUBECONFIG: how each exec ends, and where bytes wait.
 * Through the fault proxy, which causes the ends and counts the bytes.
 */
import { createHash } from "node:crypto"
import { assert, describe, layer } from "@effect/vitest"
import { type Fault, type FaultProxyOptions, frameEnds, startFaultProxy } from "@podwright/fault-proxy"
import { Exec, type ExecChannel, kubeLayer } from "@podwright/k8s-io"
import { Clock, Context, Deferred, Duration, Effect, Fiber, Layer, Stream } from "effect"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { clusterPod } from "../src/clusters/ClusterPod.ts"
import { freshId } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()

/** The pod that every test of this file executes in. */
class Target extends Context.Service<Target, string>()("conformance/Target") {
  static readonly layer = Layer.effect(
    Target,
    Effect.suspend(() => {
      const name = freshId("exec")
      return Effect.as(clusterPod(cluster.kubeconfig, name), name)
    })
  )
}

/** An `Exec` behind a proxy that lets the fault befall each exec. */
const execBehind = Effect.fnUntraced(function* (fault?: Fault, onBytes?: FaultProxyOptions["onBytes"]) {
  const proxy = yield* startFaultProxy({
    kubeconfig: cluster.limitedKubeconfig,
    plan: fault === undefined ? {} : { script: [{ verb: "exec", fault }] },
    ...(onBytes === undefined ? {} : { onBytes })
  })
  return Context.get(yield* Layer.build(kubeLayer({ kubeconfig: proxy.kubeconfig })), Exec)
})

const openIn = Effect.fnUntraced(function* (exec: Exec["Service"], script: string, container = "main") {
  const pod = yield* Target
  return yield* exec.open({
    namespace: LIMITED_NAMESPACE,
    pod,
    container,
    command: ["sh", "-c", script],
    lendsOutput: true
  })
})

const textOf = (channel: ExecChannel) =>
  channel.output.pipe(
    Stream.runFold(
      () => "",
      (text, { bytes }) => text + Buffer.from(bytes).toString("latin1")
    )
  )

/** Its heartbeat counts minutes. A clock that runs ten times as fast lets a test see some. */
const TIMES = 10
const fastClock = Effect.gen(function* () {
  const real = yield* Clock.Clock
  return new Proxy(real, {
    get: (target, key) =>
      key === "sleep"
        ? (duration: Duration.Duration) => target.sleep(Duration.millis(Duration.toMillis(duration) / TIMES))
        : Reflect.get(target, key, target)
  })
})

/**
 * Everything that is sent or received in the tests of windows: some times what windows and kernels
 * hold.
 */
const NUMBERS = 6_000_000

layer(Target.layer, { timeout: "90 seconds", excludeTestServices: true })("an exec on a real cluster", (it) => {
  describe("ends", () => {
    for (const code of [0, 7])
      it.effect(`as Exited with the command's code (${code})`, () =>
        Effect.gen(function* () {
          const channel = yield* openIn(yield* execBehind(), `echo out; exit ${code}`)
          assert.strictEqual(yield* textOf(channel), "out\n")
          assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code })
        })
      )

    it.effect("before it begins with the words of who refuses the upgrade", () =>
      Effect.gen(function* () {
        const exec = yield* execBehind({ _tag: "Refuse", code: 403 })
        const error = yield* Effect.flip(openIn(exec, "true"))
        assert.strictEqual(error.reason._tag, "Forbidden")
        assert.include(error.message, "injected by the fault proxy")
      })
    )

    it.effect("before it begins when there is no such container", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(openIn(yield* execBehind(), "true", "nobody"))
        assert.include(error.message, "nobody")
        assert.isFalse(error.retryable && error.reason._tag !== "NotRunningYet", error.reason._tag)
      })
    )

    it.effect("as Failed with the runtime's Status when the command cannot be started", () =>
      Effect.gen(function* () {
        const exec = yield* execBehind()
        const pod = yield* Target
        const channel = yield* exec.open({
          namespace: LIMITED_NAMESPACE,
          pod,
          container: "main",
          command: ["/nowhere"]
        })
        const outcome = yield* channel.outcome
        assert.strictEqual(outcome._tag, "Failed")
        if (outcome._tag === "Failed") assert.include(outcome.status.message ?? "", "/nowhere")
      })
    )

    const losses: ReadonlyArray<readonly [string, Fault]> = [
      ["RST", { _tag: "Cut", how: "reset", afterBytes: 100 }],
      ["FIN", { _tag: "Cut", how: "end", afterBytes: 100 }],
      ["a proper close without a Status", { _tag: "Truncate", afterBytes: 100 }]
    ]
    for (const [what, fault] of losses)
      it.effect(`as Lost after ${what}, and its output is cut`, () =>
        Effect.gen(function* () {
          const channel = yield* openIn(yield* execBehind(fault), "seq 1 1000; sleep 30")
          const error = yield* Effect.flip(Stream.runDrain(channel.output))
          assert.strictEqual(error.reason._tag, "Cut")
          assert.strictEqual((yield* channel.outcome)._tag, "Lost")
        })
      )

    it.effect("as Lost when nothing is heard any more", () =>
      Effect.gen(function* () {
        const exec = yield* execBehind({ _tag: "Stall", afterBytes: 100 })
        const channel = yield* openIn(exec, "seq 1 1000; sleep 60").pipe(
          Effect.provideService(Clock.Clock, yield* fastClock)
        )
        const outcome = yield* channel.outcome
        assert.deepStrictEqual(outcome, { _tag: "Lost", detail: "nothing was heard from the server for 60 s" })
      })
    )

    it.effect("as Exited 0 when a server says so too early: 0 is no proof", () =>
      Effect.gen(function* () {
        const channel = yield* openIn(
          yield* execBehind({ _tag: "FalseSuccess", afterBytes: 1 }),
          "seq 1 1000; sleep 30; exit 3"
        )
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
      })
    )

    it.effect("as Aborted when its scope is closed", () =>
      Effect.gen(function* () {
        const exec = yield* execBehind()
        const channel = yield* Effect.scoped(openIn(exec, "sleep 30"))
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Aborted" })
      })
    )
  })

  it.effect("holds the sender back while its reader does not read, and loses nothing", () =>
    Effect.gen(function* () {
      let received = 0
      const exec = yield* execBehind(undefined, (direction, bytes) => {
        if (direction === "down") received += bytes.length
      })
      const channel = yield* openIn(exec, `seq 1 ${NUMBERS}`)
      // Until two looks find the same: then everything on the way is full.
      let before = -1
      while (received === 0 || received !== before) {
        before = received
        yield* Effect.sleep("1 second")
      }
      const held = received
      const digest = createHash("sha256")
      let length = 0
      yield* Stream.runForEach(channel.output, ({ bytes }) =>
        Effect.sync(() => {
          length += bytes.length
          digest.update(bytes)
        })
      )
      assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
      assert.isBelow(held, length / 2)
      const expected = createHash("sha256")
      for (let number = 1; number <= NUMBERS; number++) expected.update(`${number}\n`)
      assert.strictEqual(digest.digest("hex"), expected.digest("hex"))
    })
  )

  it.effect("waits for a command that does not read for minutes, in messages of at most 64 KiB", () =>
    Effect.gen(function* () {
      let largest = 0
      let begun = 0
      const ends = frameEnds()
      const exec = yield* execBehind(undefined, (direction, bytes) => {
        if (direction !== "up") return
        let from = 0
        for (const end of ends(bytes)) {
          largest = Math.max(largest, begun + end - from)
          begun = 0
          from = end
        }
        begun += bytes.length - from
      })
      // Twelve seconds are two minutes to the heartbeat, which gives a silent peer one.
      const channel = yield* openIn(exec, "sleep 12; echo awake; sha256sum").pipe(
        Effect.provideService(Clock.Clock, yield* fastClock)
      )
      const awake = yield* Deferred.make<void>()
      const reading = yield* channel.output.pipe(
        Stream.runFold(
          () => "",
          (text, { bytes }) => {
            Deferred.doneUnsafe(awake, Effect.void)
            return text + Buffer.from(bytes).toString("latin1")
          }
        ),
        Effect.forkChild
      )
      const input = Buffer.alloc(48 * 1024 * 1024, "0123456789")
      yield* channel.send(input)
      assert.isTrue(yield* Deferred.isDone(awake))
      yield* channel.closeStdin
      const sum = createHash("sha256").update(input).digest("hex")
      assert.strictEqual(yield* Fiber.join(reading), `awake\n${sum}  -\n`)
      assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
      // A frame's head takes eight bytes here, the channel's number one.
      assert.isAtMost(largest, 64 * 1024 + 1 + 14)
      assert.isAbove(largest, 32 * 1024)
    })
  )
})
