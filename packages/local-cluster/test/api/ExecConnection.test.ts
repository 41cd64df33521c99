import { assert, describe, it } from "@effect/vitest"
import { type Cause, Deferred, Effect, Queue, Stream } from "effect"
import { exitStatus, readMessage, refusalStatus } from "../../src/api/ExecConnection.ts"
import type { ContainerRuntime, RunningExec } from "../../src/contract/Runtime.ts"
import { idleRuntime, pod, testServer } from "../support/TestServer.ts"
import { within } from "../support/within.ts"

const EXEC = "/api/v1/namespaces/default/pods/p/exec?container=main&stdin=true&stdout=true&stderr=true&command=x"

/** A program that echoes its input to stdout, says `bye` on stderr at its end, and exits with 7. */
const echo = Effect.gen(function* () {
  const output = yield* Queue.unbounded<
    { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array },
    Cause.Done
  >()
  const ended = yield* Deferred.make<void>()
  const program: RunningExec = {
    write: (bytes) => Effect.asVoid(Queue.offer(output, { stream: "stdout", bytes })),
    closeStdin: Effect.gen(function* () {
      yield* Queue.offer(output, { stream: "stderr", bytes: new TextEncoder().encode("bye") })
      yield* Queue.end(output)
      yield* Deferred.succeed(ended, undefined)
    }),
    output: Stream.fromQueue(output),
    exitCode: Effect.as(Deferred.await(ended), 7)
  }
  return program
})
const echoing: ContainerRuntime = { ...idleRuntime, exec: () => echo }

const input = (text: string) => Buffer.concat([Buffer.from([0]), Buffer.from(text)])

describe("an exec", () => {
  it.live("moves bytes both ways, half-closes stdin by v5, and ends with the exit code", () =>
    Effect.gen(function* () {
      const { call, exec } = yield* testServer(echoing)
      yield* call("POST", "/api/v1/namespaces/default/pods", { body: pod("p") })
      const { code, messages } = yield* exec(EXEC, {
        onOpen: (socket) => {
          socket.send(input("one"))
          socket.send(input("two"))
          socket.send(Buffer.from([255, 0]))
        }
      })
      assert.strictEqual(code, 1000)
      assert.deepStrictEqual(messages[0], [1, ""])
      const of = (channel: number) =>
        messages
          .filter(([one]) => one === channel)
          .map(([, text]) => text)
          .join("")
      assert.strictEqual(of(1), "onetwo")
      assert.strictEqual(of(2), "bye")
      assert.deepStrictEqual(JSON.parse(of(3)), exitStatus(7))
    })
  )

  it.live("whose client goes away has its streams closed", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const { call, exec } = yield* testServer({
        ...echoing,
        exec: () =>
          Effect.andThen(
            Effect.addFinalizer(() => Deferred.succeed(ended, undefined)),
            echo
          )
      })
      yield* call("POST", "/api/v1/namespaces/default/pods", { body: pod("p") })
      const { messages } = yield* exec(EXEC, {
        protocols: ["v4.channel.k8s.io"],
        onOpen: (socket) => socket.send(input("one")),
        onMessage: (socket, message) => {
          if (message.length > 1) socket.close()
        }
      })
      assert.deepStrictEqual(messages.at(-1), [1, "one"])
      yield* within("the program's streams are closed", Deferred.await(ended))
    })
  )

  it.live("of a container that is not there says so on the status channel", () =>
    Effect.gen(function* () {
      const { call, exec } = yield* testServer()
      yield* call("POST", "/api/v1/namespaces/default/pods", { body: pod("p") })
      const { messages } = yield* exec(EXEC)
      assert.include(messages.at(-1)?.[1], 'unable to upgrade connection: container not found (\\"main\\")')
    })
  )

  it.live("is refused before the upgrade where a real server does", () =>
    Effect.gen(function* () {
      const { call, exec } = yield* testServer(echoing)
      yield* call("POST", "/api/v1/namespaces/default/pods", { body: pod("p") })
      yield* call("POST", "/api/v1/namespaces/team/pods", { body: pod("p") })
      const table: ReadonlyArray<readonly [string, string, string, number]> = [
        ["an unknown pod", EXEC.replace("/p/", "/q/"), "admin", 404],
        ["an unknown container", EXEC.replace("=main", "=x"), "admin", 400],
        ["a terminal", `${EXEC}&tty=true`, "admin", 400],
        ["a wrong token", EXEC, "wrong", 401],
        ["a user who may get but not create", EXEC.replace("/default/", "/team/"), "limited", 403],
        ["a subresource other than exec", "/api/v1/namespaces/default/pods/p/attach", "admin", 404]
      ]
      for (const [name, path, token, code] of table) assert.strictEqual((yield* exec(path, { token })).code, code, name)
      assert.strictEqual((yield* exec(EXEC, { protocols: ["other"] })).code, 400)
    })
  )
})

describe("readMessage", () => {
  const table: ReadonlyArray<readonly [string, ReadonlyArray<number>, string]> = [
    ["input", [0, 1], "Input"],
    ["the end of stdin", [255, 0], "EndOfInput"],
    ["the end of another channel", [255, 4], "Ignored"],
    ["the end of a channel that cannot be", [255, 9], "Broken"],
    ["a close without a channel", [255], "Broken"],
    ["a terminal's size", [4, 1], "Ignored"],
    ["nothing", [], "Ignored"]
  ]
  for (const [name, bytes, tag] of table)
    it(name, () => assert.strictEqual(readMessage(Uint8Array.from(bytes))._tag, tag))
})

describe("refusalStatus", () => {
  it("passes on why a program could not be started", () => {
    const status = refusalStatus(
      { _tag: "ExecFailed", message: 'exec: "nope": executable file not found in $PATH' },
      "main"
    )
    assert.match(
      status.message,
      /error executing command in container: .*exec: "nope": executable file not found in \$PATH$/
    )
    assert.strictEqual(status.code, 500)
  })
})
