/**
 * Who drives a pod, and until when: an annotation that the driver renews and another may take over
 * when it has run out. Pure. It is advice to drivers and not a lock: what two of them do to one pod
 * at worst is to end each other's sessions.
 */
import { Schema } from "effect"

/** A process that drives pods. */
export interface Driver {
  /**
   * `HOST/PID/WORD`; the word is a new one for every process and run, so that equal names are equal
   * drivers.
   */
  readonly name: string
  readonly pid: number
  /**
   * One boot of one machine, and one namespace of process ids there; undefined where that cannot be
   * told.
   */
  readonly machine: string | undefined
}

export const PodLease = Schema.Struct({
  /** The driver's name; null: the driver has left the pod to whoever comes. */
  holder: Schema.NullOr(Schema.String),
  pid: Schema.Int,
  machine: Schema.NullOr(Schema.String),
  /**
   * By the holder's clock, ISO 8601. Clocks that differ by more than the lease make it run out too
   * early or too late.
   */
  renewedAt: Schema.String,
  /** How long it holds from then on. */
  seconds: Schema.Finite,
  /**
   * Whether it was written by a patch, and not with the pod itself. One that never was may be that
   * of a driver that lives and is not allowed to patch pods: that it has run out says nothing.
   */
  renewed: Schema.Boolean
})
export type PodLease = typeof PodLease.Type

const Annotation = Schema.fromJsonString(PodLease)
const decode = Schema.decodeUnknownOption(Annotation)
const encode = Schema.encodeSync(Annotation)

/**
 * Half a minute is what Kubernetes' own leader elections tolerate by default, within a factor of
 * two.
 */
const SHORTEST_SECONDS = 30
/**
 * Renewals that a process asks of the API server at most, each second, however many runs it drives.
 */
const RENEWALS_PER_SECOND = 10
/** Renewals that may fail before the lease runs out. */
const RENEWALS_PER_LEASE = 3

/** Length of a lease of a process that drives so many runs. */
export const leaseSeconds = (runs: number): number =>
  Math.max(SHORTEST_SECONDS, Math.ceil((RENEWALS_PER_LEASE * runs) / RENEWALS_PER_SECOND))

/** Seconds between renewals. */
export const renewalSeconds = (seconds: number): number => seconds / RENEWALS_PER_LEASE

/**
 * The annotation's value for a lease that begins now, in ms since the epoch; `renewed`: it is
 * patched into a pod that is there.
 */
export const leaseText = (driver: Driver, now: number, seconds: number, renewed: boolean): string =>
  encode({
    holder: driver.name,
    pid: driver.pid,
    machine: driver.machine ?? null,
    renewedAt: new Date(now).toISOString(),
    seconds,
    renewed
  })

/** The annotation's value for a pod that its driver has left. */
export const releasedText = (driver: Driver, now: number): string =>
  encode({
    holder: null,
    pid: driver.pid,
    machine: null,
    renewedAt: new Date(now).toISOString(),
    seconds: 0,
    renewed: true
  })

/** The lease in an annotation; undefined where there is none, or none that can be read. */
export const readLease = (text: string | undefined): PodLease | undefined => {
  if (text === undefined) return undefined
  const found = decode(text)
  return found._tag === "Some" && !Number.isNaN(Date.parse(found.value.renewedAt)) ? found.value : undefined
}

/**
 * What frees a lease. All of them do for a run that takes the pod over; what would delete it has to
 * know more.
 */
export type LeaseFree =
  /** Its driver has left the pod to whoever comes. */
  | "Left"
  /** Its driver is a process of this machine that is no more. */
  | "Died"
  /** Its driver has renewed it, and does so no more. */
  | "RanOut"
  /**
   * It has run out and never was renewed: its driver died young, or lives and may not patch pods.
   */
  | "NeverRenewed"
  | "Unreadable"

export type LeaseState =
  /** The pod was made to be driven by one driver alone. */
  | { readonly _tag: "None" }
  | { readonly _tag: "Mine" }
  /** `since` is when it was renewed last, or written; 0 where that cannot be read. */
  | { readonly _tag: "Free"; readonly since: number; readonly why: LeaseFree }
  | { readonly _tag: "Held"; readonly holder: string; readonly remainingMs: number }

/**
 * What a lease means to a driver. `isAlive` is asked about process ids of the driver's own machine
 * only. One that cannot be read is nobody's: it was written by something else.
 */
export const leaseState = (
  text: string | undefined,
  me: Driver,
  now: number,
  isAlive: (pid: number) => boolean
): LeaseState => {
  if (text === undefined) return { _tag: "None" }
  const lease = readLease(text)
  if (lease === undefined) return { _tag: "Free", since: 0, why: "Unreadable" }
  const since = Date.parse(lease.renewedAt)
  if (lease.holder === null) return { _tag: "Free", since, why: "Left" }
  if (lease.holder === me.name) return { _tag: "Mine" }
  if (me.machine !== undefined && lease.machine === me.machine && !isAlive(lease.pid)) {
    return { _tag: "Free", since, why: "Died" }
  }
  // A clock that goes before ours must not make a lease longer than it is.
  const remainingMs = Math.min(lease.seconds * 1000, since + lease.seconds * 1000 - now)
  if (remainingMs > 0) return { _tag: "Held", holder: lease.holder, remainingMs }
  return { _tag: "Free", since, why: lease.renewed ? "RanOut" : "NeverRenewed" }
}
