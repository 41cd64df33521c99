/**
 * What of a container's log a request gets: `pods/log`'s parameters, and the text they make of
 * records. Pure. As on a real server, sinceTime loses its fraction and tailLines counts records,
 * not lines.
 */
import { Result } from "effect"
import { logTime, NANOSECONDS } from "../contract/ApiTime.ts"
import type { LogRecord } from "../contract/Runtime.ts"
import { flag } from "./ApiRequest.ts"
import { type ApiStatus, badRequest, invalid } from "./ApiStatus.ts"

export interface LogQuery {
  readonly follow: boolean
  readonly timestamps: boolean
  /** Nanoseconds since the epoch; earlier records are left out. */
  readonly since: bigint | undefined
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
}

/** Reads a query; `now` is in milliseconds since the epoch, for sinceSeconds. */
export const logQuery = (query: URLSearchParams, pod: string, now: number): Result.Result<LogQuery, ApiStatus> => {
  const refuse = (field: string, value: string, why: string) =>
    Result.fail(
      invalid(pod, [{ reason: "FieldValueInvalid", field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` }])
    )
  const count = (name: string): number | undefined | "bad" => {
    const text = query.get(name)
    if (text === null || text === "") return undefined
    return /^\d{1,15}$/.test(text) ? Number(text) : "bad"
  }
  const tailLines = count("tailLines")
  if (tailLines === "bad")
    return refuse("tailLines", query.get("tailLines") ?? "", "must be greater than or equal to 0")
  const limitBytes = count("limitBytes")
  if (limitBytes === "bad" || limitBytes === 0)
    return refuse("limitBytes", query.get("limitBytes") ?? "", "must be greater than 0")
  const sinceSeconds = count("sinceSeconds")
  if (sinceSeconds === "bad" || sinceSeconds === 0)
    return refuse("sinceSeconds", query.get("sinceSeconds") ?? "", "must be greater than 0")
  const sinceTime = query.get("sinceTime")
  if (sinceTime !== null && sinceSeconds !== undefined)
    return Result.fail(badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified"))
  const sinceMs = sinceTime === null ? undefined : Date.parse(sinceTime)
  if (Number.isNaN(sinceMs)) return Result.fail(badRequest(`sinceTime "${sinceTime}" is not an RFC 3339 time`))
  const seconds =
    sinceMs !== undefined ? Math.floor(sinceMs / 1000) : sinceSeconds && Math.floor(now / 1000) - sinceSeconds
  return Result.succeed({
    follow: flag(query, "follow"),
    timestamps: flag(query, "timestamps"),
    since: seconds === undefined ? undefined : BigInt(seconds) * NANOSECONDS,
    tailLines,
    limitBytes
  })
}

/**
 * The records' text. A timestamp is written only where the last record ended a line, of whichever
 * stream: a piece of one stream followed by a record of the other is one glued line, as the kubelet
 * has it.
 */
export class LogText {
  readonly #query: LogQuery
  #left: number
  #continued = false

  constructor(query: LogQuery) {
    this.#query = query
    this.#left = query.limitBytes ?? Number.POSITIVE_INFINITY
  }

  /** Whether `limitBytes` is reached and nothing more is to be read. */
  get full(): boolean {
    return this.#left === 0
  }

  /** What a record adds; empty when it is before `since`. */
  take(record: LogRecord): Uint8Array {
    if (this.#query.since !== undefined && record.time < this.#query.since) return new Uint8Array(0)
    const prefix = this.#query.timestamps && !this.#continued ? `${logTime(record.time)} ` : ""
    this.#continued = record.partial
    const text = Buffer.concat([Buffer.from(prefix), record.bytes, Buffer.from(record.partial ? "" : "\n")])
    const taken = text.subarray(0, this.#left)
    this.#left -= taken.length
    return taken
  }
}
