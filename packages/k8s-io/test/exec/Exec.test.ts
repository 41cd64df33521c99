/**
 * Exec channels against a fake API server: both protocols, every way to end, and pressure both
 * ways. Numbers such as F15 are rows of the catalogue in packages/file-sync/README.md.
 */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { WebSocket } from "ws"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import type { KubeError } from "../../src/error/KubeError.ts"
import { Exec, type ExecRequest, execUrl } from "../../src/exec/Exec.ts"
import type { ExecChannel } from "../../src/exec/ExecChannel.ts"
import { type FakeApi, fakeApi, type Handlers, refuseUpgrade, turn, until } from "../support/FakeApiServer.ts"

/** All that a keyboard has. */
const SIGNS = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index))

const mebibyte = 1024 * 1024
const request = { namespace: "team", pod: "hello", container: "main", command: ["sh", "-c", "echo 'a&b'"] }

const frame = (channel: number, payload: string | Uint8Array) =>
  Buffer.concat([Buffer.of(channel), Buffer.from(payload)])
const success = frame(3, '{"metadata":{},"status":"Success"}')
const exited = (code: number) =>
  frame(
    3,
    JSON.stringify({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: String(code) }] }
    })
  )

/** Sends one message after the other, as the server does, then closes. */
const script =
  (...messages: ReadonlyArray<Uint8Array>) =>
  (socket: WebSocket) => {
    for (const message of messages) socket.send(message)
    socket.close(1000)
  }

/** Echoes stdin to stdout; exits with 7 when stdin ends. */
const echo = (socket: WebSocket) => {
  socket.send(Buffer.of(1))
  socket.on("message", (message: Buffer) => {
    if (message[0] === 0) socket.send(frame(1, message.subarray(1)))
    if (message[0] === 255 && message.length === 2 && message[1] === 0) {
      socket.send(frame(2, "done"))
      socket.send(exited(7))
      socket.close(1000)
    }
  })
}

const collect = (channel: ExecChannel) =>
  Effect.gen(function* () {
    const parts = { stdout: "", stderr: "" }
    const end = yield* channel.output.pipe(
      Stream.runForEach(({ stream, bytes }) =>
        Effect.sync(() => {
          parts[stream] += Buffer.from(bytes).toString()
        })
      ),
      Effect.result
    )
    return { ...parts, cut: end._tag === "Failure" ? end.failure.reason : undefined }
  })

describe.each([{ lendsOutput: false }, { lendsOutput: true }])("lendsOutput: $lendsOutput", ({ lendsOutput }) => {
  const withExec = (
    handlers: Handlers,
    options: Pick<ExecRequest, "protocols"> = {}
  ): Effect.Effect<{ api: FakeApi; open: Effect.Effect<ExecChannel, KubeError, Scope.Scope> }, unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const api = yield* fakeApi(handlers)
      const context = yield* Layer.build(
        Exec.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
      )
      const exec = yield* Effect.provideContext(Exec, context)
      return { api, open: exec.open({ ...request, ...options, lendsOutput }) }
    })

  describe("open", () => {
    it("asks for everything but a terminal, argument by argument", () => {
      const url = execUrl(new URL("https://host/k8s/clusters/c-1/"), request)
      assert.strictEqual(url.protocol, "wss:")
      assert.strictEqual(url.pathname, "/k8s/clusters/c-1/api/v1/namespaces/team/pods/hello/exec")
      assert.deepStrictEqual(url.searchParams.getAll("command"), request.command)
      for (const stream of ["stdin", "stdout", "stderr"]) assert.strictEqual(url.searchParams.get(stream), "true")
      assert.strictEqual(url.searchParams.get("tty"), "false")
      const command = ["a b+c%20&=\n√", "half of a pair: \ud83d", SIGNS]
      const odd = execUrl(new URL("http://host"), { ...request, command })
      assert.deepStrictEqual(odd.searchParams.getAll("command"), ["a b+c%20&=\n√", "half of a pair: \ufffd", SIGNS])
      const script = execUrl(new URL("http://host"), {
        ...request,
        command: ['cd $V/work; [ "$a" = 1 ] && echo b,c >$T.d']
      })
      assert.include(script.search, "&command=cd+$V/work%3B+%5B+%22$a%22+=+1+%5D+%26%26+echo+b,c+%3E$T.d")
    })
    it.effect("prefers v5 and half-closes stdin there", () =>
      Effect.gen(function* () {
        const { api, open } = yield* withExec({ exec: echo })
        const channel = yield* open
        assert.strictEqual(channel.protocol, "v5.channel.k8s.io")
        yield* channel.send(Buffer.from("hel"))
        yield* channel.send(Buffer.from("lo"))
        yield* channel.closeStdin
        assert.deepStrictEqual(yield* collect(channel), { stdout: "hello", stderr: "done", cut: undefined })
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 7 })
        const [asked] = api.asked
        assert.strictEqual(asked?.headers.authorization, "Bearer secret")
        assert.strictEqual(asked?.headers["sec-websocket-protocol"], "v5.channel.k8s.io,v4.channel.k8s.io")
        assert.isUndefined(asked?.headers["sec-websocket-extensions"])
      })
    )
    it.effect("takes v4, where stdin cannot be half-closed", () =>
      Effect.gen(function* () {
        const received: Array<number> = []
        const { open } = yield* withExec({
          protocols: ["v4.channel.k8s.io"],
          exec: (socket) => {
            socket.on("message", (message: Buffer) => {
              received.push(message[0] ?? -1)
              if (message.length > 1) script(success)(socket)
            })
          }
        })
        const channel = yield* open
        assert.strictEqual(channel.protocol, "v4.channel.k8s.io")
        yield* channel.closeStdin
        yield* channel.send(Buffer.from("x"))
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
        assert.deepStrictEqual(received, [0])
      })
    )
    it.effect("offers v4 alone where the caller never ends stdin, and is served by v4 then", () =>
      Effect.gen(function* () {
        const { api, open } = yield* withExec({ exec: script(success) }, { protocols: ["v4.channel.k8s.io"] })
        const channel = yield* open
        assert.strictEqual(channel.protocol, "v4.channel.k8s.io")
        assert.strictEqual(api.asked[0]?.headers["sec-websocket-protocol"], "v4.channel.k8s.io")
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
      })
    )
    it.effect.each([
      [
        403,
        { reason: "Forbidden", message: 'User "u" cannot create resource "pods/exec" in API group ""' },
        "Forbidden"
      ],
      [404, { reason: "NotFound", message: 'pods "hello" not found' }, "NotFound"],
      [400, { reason: "BadRequest", message: "pod hello does not have a host assigned" }, "NotRunningYet"],
      [400, { reason: "BadRequest", message: "container main is not valid for pod hello" }, "BadRequest"],
      [429, { reason: "TooManyRequests", message: "busy" }, "TooManyRequests"],
      [500, { reason: "InternalError", message: "x" }, "ServerError"]
    ] as const)("reads the refusal %i", ([code, status, tag]) =>
      Effect.gen(function* () {
        const { open } = yield* withExec({ refuse: (socket) => refuseUpgrade(socket, code, status) })
        const error = yield* Effect.flip(open)
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.message, "Could not start a command in container main of pod team/hello: ")
        if (tag === "Forbidden") assert.include(error.message, 'must grant verb "create" on resource "pods/exec"')
      })
    )
    it.effect("reads credentials again after 401", () =>
      Effect.gen(function* () {
        const { api, open } = yield* withExec({
          exec: echo,
          refuse: (socket, asked) =>
            asked.headers.authorization !== "Bearer fresh" && refuseUpgrade(socket, 401, { reason: "Unauthorized" })
        })
        api.setToken("fresh")
        assert.strictEqual((yield* open).protocol, "v5.channel.k8s.io")
      })
    )
    it.effect("does not talk to a server without a common protocol", () =>
      Effect.gen(function* () {
        const { open } = yield* withExec({ protocols: [] })
        assert.strictEqual((yield* Effect.flip(open)).reason._tag, "Protocol")
      })
    )
    it.effect("says that a connection was lost during the handshake", () =>
      Effect.gen(function* () {
        const { open } = yield* withExec({
          refuse: (socket) => {
            socket.destroy()
            return true
          }
        })
        assert.strictEqual((yield* Effect.flip(open)).reason._tag, "Unreachable")
      })
    )
  })

  describe("the end", () => {
    it.effect("early success, the empty first message, 255 and channels unknown here: F2", () =>
      Effect.gen(function* () {
        const { open } = yield* withExec({
          exec: script(Buffer.of(3), Buffer.of(255, 1), frame(9, "?"), frame(1, "out"), frame(2, "err"), success)
        })
        const channel = yield* open
        assert.deepStrictEqual(yield* collect(channel), { stdout: "out", stderr: "err", cut: undefined })
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
        assert.strictEqual((yield* Effect.flip(channel.send(Buffer.from("x")))).reason._tag, "Cut")
      })
    )
    it.effect("a container that is not there yet is said on the status channel: F15", () =>
      Effect.gen(function* () {
        const message = 'Internal error occurred: unable to upgrade connection: container not found ("main")'
        const status = { status: "Failure", reason: "InternalError", code: 500, message }
        const { open } = yield* withExec({ exec: script(Buffer.of(1), frame(3, JSON.stringify(status))) })
        const outcome = yield* Effect.flatMap(open, (channel) => channel.outcome)
        assert.isTrue(
          outcome._tag === "Failed" && outcome.error.reason._tag === "NotRunningYet" && outcome.error.retryable
        )
      })
    )
    it.effect.each([
      ["closed with 1000", (socket: WebSocket) => script(frame(1, "half"))(socket)],
      ["lost (1006)", (socket: WebSocket) => socket.send(frame(1, "half"), () => socket.terminate())],
      ["closed after an unreadable status", (socket: WebSocket) => script(frame(1, "half"), frame(3, "gone"))(socket)]
    ] as const)("without a status, %s: the outcome is unknown", ([, exec]) =>
      Effect.gen(function* () {
        const { open } = yield* withExec({ exec })
        const channel = yield* open
        const seen = yield* collect(channel)
        assert.strictEqual(seen.stdout, "half")
        assert.strictEqual(seen.cut?._tag, "Cut")
        assert.strictEqual((yield* channel.outcome)._tag, "Lost")
      })
    )
    it.effect("closing the scope closes the socket, while the exec goes on", () =>
      Effect.gen(function* () {
        let closed = 0
        const { open } = yield* withExec({
          exec: (socket) => {
            echo(socket)
            socket.on("close", (code) => {
              closed = code
            })
          }
        })
        const channel = yield* Effect.scoped(open)
        yield* until("the socket is closed", () => closed !== 0)
        assert.strictEqual(closed, 1000)
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Aborted" })
      })
    )
    it.live("closing the scope does not wait for a peer that does not answer", () =>
      Effect.gen(function* () {
        let closed = 0
        const { open } = yield* withExec({
          exec: (socket) => {
            socket.pause()
            socket.on("close", (code) => {
              closed = code
            })
          }
        })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const channel = yield* open
            yield* Effect.forkScoped(channel.send(new Uint8Array(32 * mebibyte)))
            yield* turn
          })
        )
        assert.strictEqual(closed, 0)
      })
    )
    it.effect("a peer that falls silent is lost after a minute", () =>
      Effect.gen(function* () {
        let pings = 0
        const { open } = yield* withExec({
          autoPong: false,
          exec: (socket) => {
            socket.on("ping", () => {
              pings++
            })
          }
        })
        const channel = yield* open
        for (let beats = 1; beats <= 6; beats++) {
          yield* TestClock.adjust("10 seconds")
          if (beats < 6) yield* until(`ping ${beats} came`, () => pings === beats)
        }
        const outcome = yield* channel.outcome
        assert.isTrue(outcome._tag === "Lost" && outcome.detail.includes("60 s"))
      })
    )
    it.effect.each([
      ["has answered a ping sent after them", true, 6],
      ["has not answered a ping sent after them", false, 12]
    ] as const)("a peer that falls silent after bytes and %s is lost in time", ([, answers, limit]) =>
      Effect.gen(function* () {
        let pings = 0
        const { open } = yield* withExec({
          autoPong: false,
          exec: (socket) => {
            socket.on("ping", (data) => {
              if (++pings > 1 || !answers) return
              socket.pong(data)
              socket.send(frame(1, Uint8Array.of(1)))
            })
          }
        })
        const channel = yield* open
        yield* channel.send(Uint8Array.of(1))
        // At once, without a beat: a stall seldom waits for one.
        yield* until("a ping came", () => pings === 1)
        // What comes behind the pong.
        if (answers) yield* Stream.runHead(channel.output)
        // The first beat has heard the pong, so the silence begins behind it.
        for (let beats = answers ? 0 : 1; beats < limit; beats++) {
          const before = pings
          yield* TestClock.adjust("10 seconds")
          yield* until("another ping came", () => pings > before)
        }
        yield* TestClock.adjust("10 seconds")
        const outcome = yield* channel.outcome
        assert.isTrue(outcome._tag === "Lost" && outcome.detail.includes(`${limit * 10} s`))
      })
    )
    it.effect("a peer that answers pings is not lost: F16", () =>
      Effect.gen(function* () {
        let pings = 0
        let peer: WebSocket | undefined
        const { open } = yield* withExec({
          exec: (socket) => {
            peer = socket
            socket.on("ping", () => {
              pings++
            })
          }
        })
        const channel = yield* open
        for (let beats = 1; beats <= 20; beats++) {
          yield* TestClock.adjust("10 seconds")
          yield* until(`ping ${beats} came`, () => pings === beats)
          for (let turns = 0; turns < 5; turns++) yield* turn
        }
        peer?.send(success)
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
      })
    )
  })

  describe("pressure", () => {
    const total = 48 * mebibyte

    it.effect("a reader that stalls stalls the server, and loses nothing: F18", () =>
      Effect.gen(function* () {
        let peer: WebSocket | undefined
        const block = frame(1, new Uint8Array(32 * 1024).fill(7))
        const { open } = yield* withExec({
          exec: (socket) => {
            peer = socket
            for (let sent = 0; sent < total; sent += 32 * 1024) socket.send(block)
            socket.send(success)
            socket.close(1000)
          }
        })
        const channel = yield* open
        for (let turns = 0; turns < 500; turns++) yield* turn
        assert.isAbove(peer?.bufferedAmount ?? 0, total / 2)
        let received = 0
        yield* Stream.runForEachArray(channel.output, (batch) =>
          Effect.sync(() => {
            for (const { bytes } of batch) received += bytes.length
          })
        )
        assert.strictEqual(received, total)
      })
    )
    it.effect("what is read stays as it is until more is pulled, whether little comes or much", () =>
      Effect.gen(function* () {
        const period = 251
        const pattern = (from: number, length: number) => Uint8Array.from({ length }, (_, at) => (from + at) % period)
        const sizes = [1, 10, 300, 5_000, 17_000, 64, 70_000, 3, 200_000, 900]
        const { open } = yield* withExec({
          exec: (socket) => {
            let sent = 0
            const go = (message: number) => {
              if (message === 400) return script(success)(socket)
              const size = sizes[message % sizes.length] ?? 1
              socket.send(frame(1, pattern(sent, size)))
              sent += size
              // Now in a burst, now one by one.
              if (message % 40 < 20) go(message + 1)
              else setImmediate(go, message + 1)
            }
            go(0)
          }
        })
        const channel = yield* open
        let received = 0
        yield* Stream.runForEachArray(
          channel.output,
          Effect.fnUntraced(function* (batch) {
            // What comes meanwhile may not touch it.
            yield* turn
            yield* turn
            for (const { bytes } of batch) {
              assert.isTrue(Buffer.from(bytes).equals(pattern(received, bytes.length)))
              received += bytes.length
            }
          })
        )
        assert.strictEqual(received, 40 * sizes.reduce((sum, size) => sum + size, 0))
      })
    )
    it.effect("a server that stalls stalls the sender, and gets everything once it goes on: F17, F18", () =>
      Effect.gen(function* () {
        let peer: WebSocket | undefined
        let received = 0
        let largest = 0
        const { open } = yield* withExec({
          exec: (socket) => {
            peer = socket
            socket.pause()
            socket.on("message", (message: Buffer) => {
              if (message[0] === 255) return script(success)(socket)
              received += message.length - 1
              largest = Math.max(largest, message.length - 1)
            })
          }
        })
        const channel = yield* open
        let sent = 0
        const sender = yield* Effect.forkChild(
          Effect.gen(function* () {
            const block = new Uint8Array(mebibyte)
            while (sent < total) {
              yield* channel.send(block)
              sent += block.length
            }
            yield* channel.closeStdin
          })
        )
        for (let turns = 0; turns < 500; turns++) yield* turn
        assert.isBelow(sent, total / 2)
        // far beyond the limit of silence: pressure is not death
        yield* TestClock.adjust("4 minutes")
        peer?.resume()
        yield* Fiber.join(sender)
        assert.deepStrictEqual(yield* channel.outcome, { _tag: "Exited", code: 0 })
        assert.strictEqual(received, total)
        assert.strictEqual(largest, 64 * 1024)
      })
    )
    it.effect("a server that takes nothing for five minutes is lost, and its sender told", () =>
      Effect.gen(function* () {
        const { open } = yield* withExec({ exec: (socket) => socket.pause() })
        const channel = yield* open
        const sender = yield* Effect.forkChild(Effect.flip(Effect.forever(channel.send(new Uint8Array(mebibyte)))))
        for (let turns = 0; turns < 500; turns++) yield* turn
        yield* TestClock.adjust("6 minutes")
        const outcome = yield* channel.outcome
        assert.isTrue(outcome._tag === "Lost" && outcome.detail.includes("300 s"))
        assert.strictEqual((yield* Fiber.join(sender)).reason._tag, "Cut")
      })
    )
    it.effect("what it sent may be overwritten at once", () =>
      Effect.gen(function* () {
        const received = createHash("sha256")
        const { open } = yield* withExec({
          exec: (socket) => {
            socket.on("message", (message: Buffer) => {
              if (message[0] === 255) return script(success)(socket)
              received.update(message.subarray(1))
            })
          }
        })
        const channel = yield* open
        const sent = createHash("sha256")
        const block = new Uint8Array(700_000)
        for (let value = 0; value < 20; value++) {
          const bytes = block.subarray(0, 700_000 - value * 35_000).fill(value)
          sent.update(bytes)
          yield* channel.send(bytes)
        }
        yield* channel.closeStdin
        yield* channel.outcome
        assert.strictEqual(received.digest("hex"), sent.digest("hex"))
      })
    )
    it.effect("senders do not interleave", () =>
      Effect.gen(function* () {
        const received: Array<Uint8Array> = []
        const { open } = yield* withExec({
          exec: (socket) => {
            socket.on("message", (message: Buffer) => {
              if (message[0] === 255) return script(success)(socket)
              received.push(message.subarray(1))
            })
          }
        })
        const channel = yield* open
        yield* Effect.forEach([1, 2, 3, 4], (value) => channel.send(new Uint8Array(3 * mebibyte).fill(value)), {
          concurrency: "unbounded"
        })
        yield* channel.closeStdin
        yield* channel.outcome
        const bytes = Buffer.concat(received)
        assert.strictEqual(bytes.length, 12 * mebibyte)
        for (let block = 0; block < 4; block++) {
          const part = bytes.subarray(block * 3 * mebibyte, (block + 1) * 3 * mebibyte)
          assert.isTrue(part.every((value) => value === part[0]))
        }
      })
    )
    it.effect("a sender whose peer goes away fails", () =>
      Effect.gen(function* () {
        const { open } = yield* withExec({
          exec: (socket) => {
            socket.pause()
            setImmediate(() => socket.terminate())
          }
        })
        const channel = yield* open
        const error = yield* Effect.flip(channel.send(new Uint8Array(total)))
        assert.strictEqual(error.reason._tag, "Cut")
      })
    )
  })
})
