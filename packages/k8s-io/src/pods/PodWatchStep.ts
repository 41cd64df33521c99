/**
 * One step of list+watch as a pure reducer: what came in, what it means for the pods known so far,
 * and what to do next. Knows bookmarks, the two forms of 410, errors inside the stream, and how
 * long to wait before trying again. Touches nothing.
 */
import { HashMap, Option } from "effect"
import type { KubeError } from "../error/KubeError.ts"
import { isGone, type KubeStatus, statusCode } from "../error/KubeStatus.ts"
import { retryAfterSeconds } from "../error/ReasonClass.ts"
import type { Pod } from "./Pod.ts"

/**
 * How long the server keeps one watch open, seconds: under the 5 minutes after which balancers cut;
 * kube-rs' default.
 */
export const watchTimeoutSeconds = 290

/**
 * A watch that is still open this long after the server should have ended it, seconds, is taken for
 * dead (kube-rs).
 */
export const watchIdleMarginSeconds = 5

/**
 * A watch that brings nothing for this long is opened again where it ended, seconds: an API server
 * sends a bookmark each minute, up to 75 s apart, so its silence means a connection that only looks
 * alive. Where no bookmarks are sent it costs a request.
 */
export const watchSilenceSeconds = 90

/** The first wait between attempts, milliseconds; this and the next three are client-go's. */
export const backoffFirst = 800
/** The longest wait between attempts, milliseconds. */
export const backoffLongest = 30_000
/** How much longer each wait is than the one before. */
export const backoffFactor = 2
/** After this time of health, milliseconds, the waits begin at the first again. */
export const backoffReset = 120_000

/**
 * After this many failures in a row the version to continue from is doubted, and the list is read
 * again.
 */
export const relistAfterFailures = 3

/** What changed for one pod. */
export type WatchChange =
  | { readonly _tag: "Present"; readonly pod: Pod }
  | { readonly _tag: "Deleted"; readonly pod: Pod }

/**
 * What became of one pod name. `Absent`: no pod of that name was there as far as the watch has
 * come. After `Deleted` a new pod of the same name may follow; `pod.metadata.uid` tells them apart.
 */
export type PodChange = WatchChange | { readonly _tag: "Absent" }

/** Where the loop is. `known` holds the pods by namespace and name; `failures` counts those in a row. */
export type WatchState =
  | { readonly _tag: "Listing"; readonly known: HashMap.HashMap<string, Pod>; readonly failures: number }
  | {
      readonly _tag: "Watching"
      readonly known: HashMap.HashMap<string, Pod>
      readonly resourceVersion: string
      readonly failures: number
    }

/** A line of the watch stream, already told apart. */
export type WatchLine =
  | { readonly _tag: "Changed"; readonly pod: Pod }
  | { readonly _tag: "Removed"; readonly pod: Pod }
  | { readonly _tag: "Bookmark"; readonly resourceVersion: string }
  | { readonly _tag: "Refused"; readonly status: KubeStatus }
  | { readonly _tag: "Unknown" }

/**
 * What happened. `openFor`: how long the stream was open, milliseconds; `heard`: whether a line
 * came through it.
 */
export type WatchInput =
  | { readonly _tag: "Listed"; readonly items: ReadonlyArray<Pod>; readonly resourceVersion: string }
  | { readonly _tag: "Line"; readonly line: WatchLine }
  | { readonly _tag: "StreamEnded"; readonly openFor: number; readonly heard: boolean }
  | { readonly _tag: "Failed"; readonly error: KubeError; readonly openFor: number; readonly heard: boolean }

/**
 * What to do next. `delay` is in milliseconds before jitter. `Read` continues with the open stream;
 * `List` and `Watch` drop it; `Stop` gives up: trying again would not help.
 */
export type WatchNext =
  | { readonly _tag: "Read" }
  | { readonly _tag: "List"; readonly delay: number }
  | { readonly _tag: "Watch"; readonly resourceVersion: string; readonly delay: number }
  | { readonly _tag: "Stop"; readonly error: KubeError }

/** The outcome of a step. */
export interface WatchStep {
  readonly state: WatchState
  readonly changes: ReadonlyArray<WatchChange>
  readonly next: WatchNext
}

/** Before the first list. */
export const initialState: WatchState = { _tag: "Listing", known: HashMap.empty(), failures: 0 }

/** Wait after the nth failure in a row (1, 2, ..), milliseconds, before jitter. */
export const backoff = (failures: number): number =>
  failures <= 0 ? 0 : Math.min(backoffFirst * backoffFactor ** (failures - 1), backoffLongest)

/** Spreads a wait over once to twice its length (client-go jitter 1.0). `random` is in [0, 1). */
export const jittered = (delay: number, random: number): number => delay * (1 + random)

const again = (state: WatchState, failures: number, askedDelay = 0): WatchStep => {
  const delay = Math.max(backoff(failures), askedDelay)
  if (state._tag === "Listing" || failures >= relistAfterFailures)
    return {
      state: { _tag: "Listing", known: state.known, failures },
      changes: [],
      next: { _tag: "List", delay }
    }
  return {
    state: { ...state, failures },
    changes: [],
    next: { _tag: "Watch", resourceVersion: state.resourceVersion, delay }
  }
}

const relist = (state: WatchState, failures: number): WatchStep => ({
  state: { _tag: "Listing", known: state.known, failures },
  changes: [],
  // the first time at once; a server that keeps saying 410 gets the backoff
  next: { _tag: "List", delay: backoff(failures - 1) }
})

/** A watch may be of all namespaces, which have pods of the same name. */
const placeOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`

const listed = (state: WatchState, items: ReadonlyArray<Pod>, resourceVersion: string): WatchStep => {
  const changes: Array<WatchChange> = []
  const known = HashMap.fromIterable(items.map((pod) => [placeOf(pod), pod] as const))
  for (const before of HashMap.values(state.known)) {
    const now = HashMap.get(known, placeOf(before))
    // its deletion was missed, also when a new pod has taken the name
    if (Option.isNone(now) || now.value.metadata.uid !== before.metadata.uid)
      changes.push({ _tag: "Deleted", pod: before })
  }
  for (const pod of items) {
    const before = HashMap.get(state.known, placeOf(pod))
    const same =
      Option.isSome(before) &&
      before.value.metadata.uid === pod.metadata.uid &&
      before.value.metadata.resourceVersion === pod.metadata.resourceVersion
    if (!same) changes.push({ _tag: "Present", pod })
  }
  return {
    state: { _tag: "Watching", known, resourceVersion, failures: state.failures },
    changes,
    next: { _tag: "Watch", resourceVersion, delay: 0 }
  }
}

const read: WatchNext = { _tag: "Read" }

const lineStep = (state: WatchState, line: WatchLine): WatchStep => {
  if (state._tag === "Listing") return { state, changes: [], next: { _tag: "List", delay: 0 } }
  switch (line._tag) {
    case "Changed": {
      const { uid, resourceVersion } = line.pod.metadata
      const place = placeOf(line.pod)
      const before = HashMap.get(state.known, place)
      const replaced = Option.isSome(before) && before.value.metadata.uid !== uid
      return {
        state: { ...state, known: HashMap.set(state.known, place, line.pod), resourceVersion, failures: 0 },
        changes: [
          ...(replaced ? [{ _tag: "Deleted", pod: before.value } as const] : []),
          { _tag: "Present", pod: line.pod }
        ],
        next: read
      }
    }
    case "Removed":
      return {
        state: {
          ...state,
          known: HashMap.remove(state.known, placeOf(line.pod)),
          resourceVersion: line.pod.metadata.resourceVersion,
          failures: 0
        },
        changes: [{ _tag: "Deleted", pod: line.pod }],
        next: read
      }
    case "Bookmark":
      return { state: { ...state, resourceVersion: line.resourceVersion, failures: 0 }, changes: [], next: read }
    case "Refused": {
      const failures = state.failures + 1
      if (isGone(line.status) || statusCode(line.status) === 410) return relist(state, failures)
      return again(state, failures, (line.status.details?.retryAfterSeconds ?? 0) * 1000)
    }
    case "Unknown":
      // a line of another kind or version; the stream cannot be trusted
      return again(state, state.failures + 1)
  }
}

const healthy = (input: { readonly openFor: number }): boolean => input.openFor >= backoffReset

const askedDelay = ({ reason }: KubeError): number => (retryAfterSeconds(reason) ?? 0) * 1000

/**
 * What an input means. Never throws; an input that does not fit the state is answered by starting
 * over.
 */
export const step = (state: WatchState, input: WatchInput): WatchStep => {
  switch (input._tag) {
    case "Listed":
      return listed(state, input.items, input.resourceVersion)
    case "Line":
      return lineStep(state, input.line)
    case "StreamEnded":
      // the ordinary end after `watchTimeoutSeconds`; a server that ends empty streams at once is
      // backed off from
      return again(state, input.heard || healthy(input) ? 0 : state.failures + 1)
    case "Failed": {
      const failures = (input.heard || healthy(input) ? 0 : state.failures) + 1
      if (input.error.reason._tag === "Gone") return relist(state, failures)
      if (!input.error.retryable && input.error.reason._tag !== "Protocol")
        return { state, changes: [], next: { _tag: "Stop", error: input.error } }
      return again(state, failures, askedDelay(input.error))
    }
  }
}
