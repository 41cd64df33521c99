/** Where a token comes from, and what is said when none does. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { TokenTaskProperties } from "@podwright/spec-builder"
import { Duration, Effect } from "effect"
import { fetchToken } from "../../src/connection/TokenTask.ts"

type Task = typeof TokenTaskProperties.Type

const fetch = (task: Task, output: string) =>
  fetchToken({ task, output, cache: Duration.minutes(5) }).pipe(Effect.provide(NodeHttpClient.layerUndici))
const refusal = (task: Task, output: string) => Effect.map(Effect.flip(fetch(task, output)), ({ message }) => message)

/** An identity server: gives back what it was sent, as a token. */
const identityServer = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        if (request.url === "/denied") {
          response.writeHead(403).end("the secret reason")
          return
        }
        const { "content-type": type, "x-role": role } = request.headers
        response.setHeader("x-token", "from-header")
        response.end(
          JSON.stringify({ access_token: `${request.method}-${role}-${type}-${Buffer.concat(chunks).toString()}` })
        )
      })
    })
    server.listen(0, "127.0.0.1", () =>
      resume(
        Effect.succeed({
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          close: () => {
            server.closeAllConnections()
            server.close()
          }
        })
      )
    )
  }),
  ({ close }) => Effect.sync(close)
)

describe("a command", () => {
  it.live.each([
    ["its stdout", { commands: ["echo secret"] }, "{{ stdout }}", "secret"],
    ["JSON on its stdout", { commands: [`echo '{"t":{"v":"deep"}}'`] }, "{{ json.t.v }}", "deep"],
    ["a text around it", { commands: ["echo abc"] }, "k8s-{{ stdout }}", "k8s-abc"],
    ["its environment", { commands: ["echo $WORD"], env: { WORD: "given" } }, "{{ stdout }}", "given"],
    [
      "all its lines, by an interpreter",
      { commands: ["A=1", "echo x$A"], interpreter: ["/bin/sh", "-c"] },
      "{{ stdout }}",
      "x1"
    ]
  ] as ReadonlyArray<readonly [string, Task, string, string]>)("gives %s", ([, task, output, expected]) =>
    Effect.map(fetch(task, output), (token) => assert.strictEqual(token, expected))
  )

  it.live.each([
    [
      "fails",
      { commands: ["echo no login >&2; exit 3"] },
      "{{ stdout }}",
      "config.oauthTokenProvider.task.commands: ended with exit code 3: no login"
    ],
    [
      "is not there",
      { commands: ["x"], interpreter: ["/nowhere/sh"] },
      "{{ stdout }}",
      "config.oauthTokenProvider.task.commands: spawn /nowhere/sh ENOENT"
    ],
    [
      "no process can be given",
      { commands: ["true"], env: { WORD: "plain\0" } },
      "{{ stdout }}",
      "config.oauthTokenProvider.task.commands: could not be started: commands and env may hold no NUL byte"
    ],
    [
      "is longer than Linux takes",
      { commands: ["x".repeat(200_000)] },
      "{{ stdout }}",
      "config.oauthTokenProvider.task.commands: could not be started"
    ],
    [
      "gives no JSON where it is asked for",
      { commands: ["echo plain"] },
      "{{ json.token }}",
      "config.oauthTokenProvider.output: there is no 'json'; there are exitCode, stdout"
    ],
    [
      "gives an answer without the token",
      { commands: ["echo '{}'"] },
      "{{ json.token }}",
      "config.oauthTokenProvider.output: there is no 'token' in 'json', which is empty; the task gave stdout, exitCode, json"
    ],
    [
      "gives nothing",
      { commands: ["true"] },
      "{{ stdout }}",
      "config.oauthTokenProvider.output: rendered to an empty text"
    ],
    [
      "gives a sentence",
      { commands: ["echo a b"] },
      "{{ stdout }}",
      "config.oauthTokenProvider.output: rendered to a text with"
    ]
  ] as ReadonlyArray<readonly [string, Task, string, string]>)("that %s is named", ([, task, output, expected]) =>
    Effect.map(refusal(task, output), (message) => {
      assert.include(message, expected)
      assert.notInclude(message, "plain")
    })
  )
})

describe("a request", () => {
  it.live("sends method, headers and body, and gives body, json, code and headers", () =>
    Effect.gen(function* () {
      const { url } = yield* identityServer
      const task: Task = {
        uri: url,
        method: "POST",
        headers: { "x-role": "r" },
        body: "grant=1",
        contentType: "application/x-www-form-urlencoded"
      }
      const expected = "POST-r-application/x-www-form-urlencoded-grant=1"
      assert.strictEqual(yield* fetch(task, "{{ json.access_token }}"), expected)
      assert.strictEqual(yield* fetch({ uri: url }, "{{ headers['x-token'] }}-{{ code }}"), "from-header-200")
      assert.include(yield* fetch({ uri: url }, "{{ body }}"), "GET-undefined")
    }).pipe(Effect.scoped)
  )
  it.live("that is refused is named by its status", () =>
    Effect.gen(function* () {
      const { url } = yield* identityServer
      const message = yield* refusal({ uri: `${url}/denied` }, "{{ body }}")
      assert.include(message, "config.oauthTokenProvider.task.uri: answered with status 403")
      assert.notInclude(message, "secret reason")
    }).pipe(Effect.scoped)
  )
  it.live("to nobody is named", () =>
    Effect.map(refusal({ uri: "http://127.0.0.1:1" }, "{{ body }}"), (message) =>
      assert.include(message, "config.oauthTokenProvider.task.uri: no answer")
    )
  )
})
