/**
 * One upgrade to a WebSocket: the handshake is the cluster's, after it bytes go both ways until a
 * fault ends them.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { directionOf, isStreamFault, refusalStatus, type StreamFault } from "./Fault.ts"
import { Forwarding, type Trip } from "./Forwarding.ts"
import { CLOSE_FRAME, FALSE_SUCCESS_FRAMES, frameEnds } from "./MessageEnds.ts"
import type { Passage } from "./Passage.ts"

type Headers = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

const head = (code: number, headers: Headers): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  return [`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Unknown"}`, ...lines, "", ""].join("\r\n")
}

const refuseUpgrade = (socket: Duplex, code: number, headers: Headers, body: Uint8Array): void => {
  socket.end(Buffer.concat([Buffer.from(head(code, { ...headers, connection: "close" })), body]))
}

const bodyOf = async (reply: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of reply) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Joins the two ends of an exec. */
const join = (passage: Passage, fault: StreamFault | undefined, client: Duplex, cluster: Duplex): void => {
  let lingers = false
  const endWith = (frames: Uint8Array) => {
    down.stop()
    up.discard()
    client.end(frames)
    cluster.destroy()
  }
  const act = () => {
    passage.fired()
    switch (fault?._tag) {
      case "Cut":
        down.discard()
        up.discard()
        if (fault.lingerMillis !== undefined) {
          lingers = true
          setTimeout(() => cluster.destroy(), fault.lingerMillis).unref()
        }
        if (fault.how === "reset") passage.reset(client)
        else client.end(() => client.destroy())
        if (!lingers) cluster.destroy()
        return
      case "Stall":
        down.hold()
        up.hold()
        if (fault.forMillis !== undefined)
          setTimeout(() => {
            down.release()
            up.release()
          }, fault.forMillis).unref()
        return
      case "Truncate":
        return endWith(CLOSE_FRAME)
      case "FalseSuccess":
        return endWith(FALSE_SUCCESS_FRAMES)
    }
  }
  const trip = (direction: "down" | "up"): Trip | undefined =>
    fault === undefined || directionOf(fault) !== direction
      ? undefined
      : {
          afterBytes: fault.afterBytes,
          afterMillis: fault.afterMillis,
          ends: fault._tag === "Truncate" || fault._tag === "FalseSuccess" ? frameEnds() : undefined,
          act
        }
  const { passed } = passage
  const told = (direction: "down" | "up") =>
    passed === undefined ? undefined : (bytes: Uint8Array) => passed(direction, bytes)
  const down = new Forwarding(cluster, client, trip("down"), told("down"))
  const up = new Forwarding(client, cluster, trip("up"), told("up"))
  for (const [one, other] of [
    [client, cluster],
    [cluster, client]
  ] as const) {
    one.on("end", () => {
      if (!(one === client && lingers)) other.end()
    })
    one.on("error", () => undefined)
    one.on("close", () => {
      if (one === client && lingers) return
      if (one.errored) other.destroy()
      else other.end(() => other.destroy())
    })
  }
}

/** Sees an upgrade through. */
export const proxyUpgrade = async (
  passage: Passage,
  request: IncomingMessage,
  client: Duplex,
  first: Buffer
): Promise<void> => {
  const { fault, fired, reset, upstream } = passage
  client.on("error", () => client.destroy())
  if (fault?._tag === "Refuse") {
    fired()
    const { code, retryAfterSeconds } = fault
    const body = Buffer.from(JSON.stringify(refusalStatus(code)))
    const after = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }
    const headers = { "content-type": "application/json", "content-length": String(body.length), ...after }
    return refuseUpgrade(client, code, headers, body)
  }
  if (fault?._tag === "LoseRequest") {
    fired()
    return reset(client)
  }
  const outgoing = await upstream.begin(request)
  outgoing.on("error", () => reset(client))
  outgoing.on("response", (reply) => {
    bodyOf(reply).then(
      (body) => {
        const { "transfer-encoding": _, ...headers } = reply.headers
        refuseUpgrade(client, reply.statusCode ?? 502, { ...headers, "content-length": String(body.length) }, body)
      },
      () => reset(client)
    )
  })
  outgoing.on("upgrade", (reply, cluster, early) => {
    if (fault?._tag === "LoseReply") {
      fired()
      cluster.on("error", () => undefined)
      cluster.destroy()
      return reset(client)
    }
    if (early.length > 0) cluster.unshift(early)
    if (first.length > 0) client.unshift(first)
    client.write(head(101, reply.headers))
    join(passage, fault !== undefined && isStreamFault(fault) ? fault : undefined, client, cluster)
  })
  client.on("close", () => outgoing.destroy())
  outgoing.end()
}
