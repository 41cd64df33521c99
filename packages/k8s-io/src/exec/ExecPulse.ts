/**
 * Keeps asking an exec's peer whether it is there: pings at each beat and right behind bytes that
 * the socket has taken, and says when the peer is dead. Sees the socket's frames through its owner;
 * what to make of them is decided by `ExecHeartbeat`.
 */
import type { WebSocket } from "@effect/platform-node/NodeWS"
import { Effect, Latch } from "effect"
import { beat, heartbeatInterval } from "./ExecHeartbeat.ts"

/**
 * Pings behind bytes are at least so far apart: one proves all bytes before it, and an upload hands
 * over thousands of times.
 */
const PROMPT_SPACING = "1 second"

/** The pulse of one exec's peer. */
export class ExecPulse {
  readonly #ws: WebSocket
  #heard = false
  #moved = false
  #proven = true
  #inFlight = 0
  /**
   * Messages handed over so far: what a ping says, so that its pong tells what the peer has taken
   * before it.
   */
  #messages = 0
  readonly #taken = Latch.makeUnsafe(false)

  constructor(ws: WebSocket) {
    this.#ws = ws
    ws.on("ping", () => this.heard())
    ws.on("pong", (data: unknown) => {
      this.heard()
      if (data instanceof Uint8Array && Buffer.from(data).toString("latin1") === String(this.#messages))
        this.#proven = true
    })
  }

  /** Bytes handed over that the socket has not taken. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** A frame, or a part of one, has come. */
  heard(): void {
    this.#heard = true
  }

  /** A message of so many bytes is handed to the socket. */
  sends(bytes: number): void {
    this.#messages++
    this.#inFlight += bytes
    this.#moved = true
    this.#proven = false
  }

  /** The socket has taken it. */
  took(bytes: number): void {
    this.#inFlight -= bytes
    this.#moved = true
    if (this.#inFlight === 0) this.#taken.openUnsafe()
  }

  #ping(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping(String(this.#messages))
  }

  /** Beats until the peer is dead; then gives for how long it was silent, milliseconds. */
  readonly untilDead: Effect.Effect<number> = Effect.suspend(() => Effect.raceFirst(this.#beats, this.#prompts))

  readonly #prompts: Effect.Effect<never> = Effect.forever(
    Effect.gen({ self: this }, function* () {
      yield* this.#taken.await
      this.#taken.closeUnsafe()
      this.#ping()
      yield* Effect.sleep(PROMPT_SPACING)
    })
  )

  readonly #beats: Effect.Effect<number> = Effect.gen({ self: this }, function* () {
    let quiet = 0
    while (true) {
      yield* Effect.sleep(heartbeatInterval)
      const [next, action] = beat(quiet, {
        heard: this.#heard,
        moved: this.#moved,
        proven: this.#proven,
        choked: this.#inFlight > 0,
        paused: this.#ws.isPaused
      })
      quiet = next
      this.#heard = false
      this.#moved = false
      if (action === "dead") return quiet * heartbeatInterval
      if (action === "ping") this.#ping()
    }
  })
}
