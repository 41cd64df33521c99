/** What a program without Effect sees of the library besides promises: its own stdout stays its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"

const ENTRY = join(import.meta.dirname, "../src/plain.ts")

/** How an API server refuses for want of a Role: asking again would not help, so the run ends at once. */
const refusal = {
  kind: "Status",
  status: "Failure",
  reason: "Forbidden",
  code: 403,
  message: 'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "default"'
}

/** A server that refuses everything, and a task whose connection is warned about. */
const program = `
import { createServer } from "node:http"
import { runTask } from ${JSON.stringify(ENTRY)}
const server = createServer((_request, response) => {
  response.writeHead(403, { "content-type": "application/json" })
  response.end(${JSON.stringify(JSON.stringify(refusal))})
})
server.listen(0, "127.0.0.1", async () => {
  const masterUrl = "http://127.0.0.1:" + server.address().port
  const config = { inherit: false, masterUrl, oauthToken: "t", trustCerts: true }
  try {
    await runTask({ image: "busybox", runner: { config } })
  } catch (error) {
    console.log(error.reason._tag)
  }
  server.close()
})
`

describe("a program of its own", () => {
  it("has its stdout for itself: warnings of the library go to stderr", async () => {
    const child = spawn(process.execPath, ["--conditions=@podwright/source", "--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    const closed = once(child, "close")
    const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.deepStrictEqual([(await closed)[0], printed], [0, "Kube\n"], said)
    assert.include(said, "config.trustCerts: the API server's certificate is not checked")
  })
})
