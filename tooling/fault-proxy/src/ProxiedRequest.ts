/**
 * One request that is not an upgrade: forwarded, answered, spoiled. Does the I/O of the faults of
 * `Fault.ts`.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http"
import { STREAM_VERBS } from "./ApiVerb.ts"
import { EXPIRED_LINE, type Fault, isStreamFault, refusalStatus, type StreamFault } from "./Fault.ts"
import { Forwarding } from "./Forwarding.ts"
import { lineEnds } from "./MessageEnds.ts"
import type { Passage } from "./Passage.ts"

/** These are about one connection only. */
const notForwarded = new Set(["connection", "keep-alive", "transfer-encoding"])

const forwardHead = (reply: IncomingMessage, response: ServerResponse, keepLength: boolean): void => {
  for (const [name, value] of Object.entries(reply.headers)) {
    if (value === undefined || notForwarded.has(name) || (name === "content-length" && !keepLength)) continue
    response.setHeader(name, value)
  }
  response.writeHead(reply.statusCode ?? 502)
  response.flushHeaders()
}

/** Answers in the place of the cluster. */
export const refuse = (response: ServerResponse, fault: Extract<Fault, { readonly _tag: "Refuse" }>): void => {
  const { code, retryAfterSeconds } = fault
  response.writeHead(code, {
    "content-type": "application/json",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) })
  })
  response.end(JSON.stringify(refusalStatus(code)))
}

/**
 * Hands an answer's body on; gives how long the cluster shall not hear that the client has gone.
 */
const forwardBody = (
  passage: Passage,
  fault: StreamFault | undefined,
  outgoing: ClientRequest,
  reply: IncomingMessage,
  response: ServerResponse
): void => {
  const socket = response.socket
  const endWhole = (last?: string) => {
    forwarding.stop()
    response.end(last)
    outgoing.destroy()
  }
  const act = () => {
    passage.fired()
    switch (fault?._tag) {
      case "Cut":
        forwarding.discard()
        setTimeout(() => outgoing.destroy(), fault.lingerMillis ?? 0).unref()
        if (socket === null) return
        if (fault.how === "reset") return passage.reset(socket)
        return socket.destroySoon()
      case "Stall":
        forwarding.hold()
        if (fault.forMillis !== undefined) setTimeout(forwarding.release, fault.forMillis).unref()
        return
      case "Truncate":
        return endWhole()
      case "Expire":
        return endWhole(EXPIRED_LINE)
    }
  }
  const ends = fault?._tag === "Expire" ? lineEnds() : undefined
  const forwarding = new Forwarding(
    reply,
    response,
    fault === undefined ? undefined : { afterBytes: fault.afterBytes, afterMillis: fault.afterMillis, ends, act }
  )
  reply.on("end", () => response.end())
}

/** Sees a request through. */
export const proxyRequest = async (
  passage: Passage,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const { call, fault, fired, reset, upstream } = passage
  if (fault?._tag === "Refuse") {
    fired()
    return refuse(response, fault)
  }
  if (fault?._tag === "LoseRequest") {
    fired()
    return reset(request.socket)
  }
  const lingers = fault?._tag === "Cut" && fault.lingerMillis !== undefined
  const outgoing = await upstream.begin(request)
  if (response.destroyed) outgoing.destroy()
  response.on("close", () => {
    if (!lingers) outgoing.destroy()
  })
  // Whatever befell the cluster's side shows as a lost connection here, too.
  const lost = () => reset(request.socket)
  outgoing.on("error", lost)
  outgoing.on("response", (reply) => {
    reply.on("error", lost)
    if (fault?._tag === "LoseReply") {
      fired()
      // The head proves that a short request is done; a stream would never end.
      if (STREAM_VERBS.has(call.verb)) outgoing.destroy()
      else reply.resume()
      return lost()
    }
    const streamFault = fault !== undefined && isStreamFault(fault) ? fault : undefined
    forwardHead(reply, response, streamFault?._tag !== "Truncate" && streamFault?._tag !== "Expire")
    forwardBody(passage, streamFault, outgoing, reply, response)
  })
  request.pipe(outgoing)
}
