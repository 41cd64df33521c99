/** One running exec: its stdin, its output, and how it ended. */
import type { Effect, Stream } from "effect"
import type { KubeError } from "../error/KubeError.ts"
import type { KubeStatus } from "../error/KubeStatus.ts"
import type { ExecProtocol } from "./ExecProtocol.ts"

/**
 * Bytes the remote process wrote. The receiver's to keep, unless they were asked for as lent
 * (`ExecRequest.lendsOutput`).
 */
export interface ExecOutput {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

/**
 * How an exec ended. `Exited`: the server reported an exit code (0 proves little: it is also said
 * when the node's side of the connection was lost). `Failed`: transport or runtime failure, `error`
 * is its class. `Lost`: closed without a Status. `Aborted`: closed from this side.
 */
export type ExecOutcome =
  | { readonly _tag: "Exited"; readonly code: number }
  | { readonly _tag: "Failed"; readonly status: KubeStatus; readonly error: KubeError }
  | { readonly _tag: "Lost"; readonly detail: string }
  | { readonly _tag: "Aborted" }

/** One running exec. Lives as long as the scope it was opened in. */
export interface ExecChannel {
  /** Which subprotocol the server chose. */
  readonly protocol: ExecProtocol
  /**
   * Sends bytes to stdin, in messages of at most 64 KiB. Returns when all are handed to the socket
   * with at most 1 MiB not yet accepted by it, so a stalled peer stalls the sender. Concurrent
   * sends do not interleave. Fails with `Cut` once closed. The bytes may be reused after it
   * returns.
   */
  readonly send: (bytes: Uint8Array) => Effect.Effect<void, KubeError>
  /**
   * Ends stdin on v5. v4 has no half-close: there this does nothing, so the remote side must know
   * the length beforehand.
   */
  readonly closeStdin: Effect.Effect<void, KubeError>
  /**
   * What the process writes, in order per stream, to be read once. At most about 1 MiB waits for
   * the reader, then the socket is paused. Ends when the socket closed after a Status, fails with
   * `Cut` when it closed without one.
   */
  readonly output: Stream.Stream<ExecOutput, KubeError>
  /** How it ended; waits for the end. */
  readonly outcome: Effect.Effect<ExecOutcome>
}
