/** What a request needs on its way through the proxy. */
import type { Duplex } from "node:stream"
import type { ApiCall } from "./ApiVerb.ts"
import type { Fault } from "./Fault.ts"
import type { Upstream } from "./Upstream.ts"

export interface Passage {
  readonly call: ApiCall
  readonly fault: Fault | undefined
  /** To be called when the fault happens: one that waits for a byte that never comes does not. */
  readonly fired: () => void
  /** Told what an exec hands on. */
  readonly passed: ((direction: "down" | "up", bytes: Uint8Array) => void) | undefined
  /** Ends a client's connection with RST; TLS alone cannot. */
  readonly reset: (socket: Duplex) => void
  readonly upstream: Upstream
}
