/**
 * A watch: what a client is told of a resource's changes, from where it wants to go on, until its
 * time is up. Reads the store's history by a cursor of its own, so a client that reads slowly holds
 * nothing up and costs no memory: one that falls too far behind is told 410.
 */
import { Clock, Effect, Option, Stream } from "effect"
import { type ApiStatus, expired } from "./ApiStatus.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { ResourceName, StoredChange, StoredObject } from "./StoredObject.ts"

export interface WatchRequest<R extends ResourceName = ResourceName> {
  readonly resource: R
  readonly namespace: string | undefined
  readonly selects: (object: StoredObject<R>) => boolean
  /** Go on from here; undefined for the present state first. */
  readonly resourceVersion: number | undefined
  /** Ends the present state with a bookmark of its own (`sendInitialEvents`). */
  readonly markInitialEnd: boolean
  readonly bookmarks: boolean
  readonly timeoutSeconds: number
}

export type WatchEvent<R extends ResourceName = ResourceName> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: StoredObject<R> }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: number; readonly initialEnd: boolean }
  | { readonly type: "ERROR"; readonly status: ApiStatus }

/** The real server sends a bookmark about once a minute. */
const BOOKMARK_INTERVAL_MS = 60_000

/**
 * What a change is to somebody who sees only selected objects: one that begins to be selected is
 * new to them.
 */
export const selectedChange = <R extends ResourceName>(
  change: StoredChange<R>,
  selects: (object: StoredObject<R>) => boolean
): WatchEvent<R> | undefined => {
  const before = change.previous !== undefined && selects(change.previous)
  const now = change.type !== "DELETED" && selects(change.object)
  if (!before && !now) return undefined
  const type = !before ? "ADDED" : now ? "MODIFIED" : "DELETED"
  return { type, object: change.object }
}

/** The events of a watch, in batches; ends after `timeoutSeconds` or after an ERROR. */
export const watchEvents = <R extends ResourceName>(
  store: ObjectStore,
  request: WatchRequest<R>
): Stream.Stream<ReadonlyArray<WatchEvent<R>>> => {
  const concerns = (object: StoredObject) =>
    request.namespace === undefined || object.metadata.namespace === request.namespace
  const start = Effect.gen(function* () {
    let position = request.resourceVersion ?? store.resourceVersion
    let ended = false
    let bookmarkDue = (yield* Clock.currentTimeMillis) + BOOKMARK_INTERVAL_MS
    const initial: Array<WatchEvent<R>> =
      request.resourceVersion !== undefined
        ? []
        : store
            .list(request.resource, request.namespace)
            .filter(request.selects)
            .map((object) => ({ type: "ADDED", object }))
    if (request.markInitialEnd) initial.push({ type: "BOOKMARK", resourceVersion: position, initialEnd: true })

    const next: Effect.Effect<ReadonlyArray<WatchEvent<R>>> = Effect.gen(function* () {
      while (true) {
        const changes = store.changesSince(request.resource, position)
        if (changes === "expired") {
          ended = true
          return [{ type: "ERROR", status: expired(position, store.oldestResourceVersion) } as const]
        }
        position = store.resourceVersion
        const events = changes
          .filter(({ object }) => concerns(object))
          .map((change) => selectedChange(change, request.selects))
          .filter((event) => event !== undefined)
        if (events.length > 0) return events
        const left = bookmarkDue - (yield* Clock.currentTimeMillis)
        const woken = left <= 0 ? Option.none() : yield* Effect.timeoutOption(store.changed(position), left)
        if (Option.isSome(woken)) continue
        bookmarkDue += BOOKMARK_INTERVAL_MS
        if (request.bookmarks) return [{ type: "BOOKMARK", resourceVersion: position, initialEnd: false } as const]
      }
    })
    return Stream.concat(
      initial.length === 0 ? Stream.empty : Stream.succeed<ReadonlyArray<WatchEvent<R>>>(initial),
      Stream.fromEffectRepeat(next).pipe(Stream.takeUntil(() => ended))
    )
  })
  return Stream.unwrap(start).pipe(Stream.interruptWhen(Effect.sleep(request.timeoutSeconds * 1000)))
}
