/**
 * Whether an API server answers, by what became of the requests to it, and what is to be said about
 * that: once when it has not answered for two seconds, once when it answers again. Pure; times are
 * in milliseconds.
 */

/** What is known of a server's answers. Any answer counts, a refusal too. */
export interface Answering {
  /** When each request was sent that has no answer yet, by a number of its own. */
  readonly open: ReadonlyMap<number, number>
  /** When the last answer came. */
  readonly answeredAt: number
  /** Since when requests fail without an answer, and how the last one did; undefined when none does. */
  readonly failing: { readonly since: number; readonly detail: string } | undefined
}

/** Before the first request. */
export const nothingAsked: Answering = {
  open: new Map(),
  answeredAt: Number.NEGATIVE_INFINITY,
  failing: undefined
}

/** What happens to a request. `Dropped`: its caller no longer waits for it, which says nothing. */
export type Asking =
  | { readonly _tag: "Asked"; readonly id: number; readonly at: number }
  | { readonly _tag: "Answered"; readonly id: number; readonly at: number }
  | { readonly _tag: "Failed"; readonly id: number; readonly detail: string }
  | { readonly _tag: "Dropped"; readonly id: number }

/** What is known after it. */
export const afterAsking = (known: Answering, asking: Asking): Answering => {
  const open = new Map(known.open)
  if (asking._tag === "Asked") return { ...known, open: open.set(asking.id, asking.at) }
  const asked = open.get(asking.id)
  open.delete(asking.id)
  switch (asking._tag) {
    case "Answered":
      return { open, answeredAt: asking.at, failing: undefined }
    case "Dropped":
      return { ...known, open }
    case "Failed": {
      const { detail } = asking
      // An answer to another request, sent later, says more.
      if (asked === undefined) return known
      const since = known.failing?.since ?? Math.max(asked, known.answeredAt)
      return { ...known, open, failing: { since, detail } }
    }
  }
}

/** Since when the server owes an answer; undefined when it owes none. */
const silentSince = ({ answeredAt, failing, open }: Answering): number | undefined => {
  if (failing !== undefined) return failing.since
  return open.size === 0 ? undefined : Math.max(answeredAt, Math.min(...open.values()))
}

/**
 * What one who waits for the server is told. `Silent`: it has not answered for a while; `detail` says
 * how the last request failed, and is absent where one simply hangs. `Answers`: it does again, after
 * so many milliseconds.
 */
export type ServerNotice =
  | { readonly _tag: "Silent"; readonly address: string; readonly detail?: string }
  | { readonly _tag: "Answers"; readonly address: string; readonly afterMs: number }

/** How long a server may owe an answer before a person is told. */
export const SILENCE_MS = 2000

/** What to say now, and how long until there may be more to say without anything happening. */
export interface Saying {
  readonly say: ServerNotice["_tag"] | undefined
  /** Since when the silence that has been told of lasts; undefined when there is none. */
  readonly told: number | undefined
  /** Undefined: only with the next news. */
  readonly lookInMs: number | undefined
}

/** Decides it by what is known and what was told before. */
export const decideSaying = (known: Answering, told: number | undefined, now: number): Saying => {
  const since = silentSince(known)
  if (told !== undefined) {
    // That nobody waits any longer is no answer.
    return known.answeredAt > told
      ? { say: "Answers", told: undefined, lookInMs: since === undefined ? undefined : 0 }
      : { say: undefined, told, lookInMs: undefined }
  }
  if (since === undefined) return { say: undefined, told, lookInMs: undefined }
  const left = since + SILENCE_MS - now
  return left <= 0 ? { say: "Silent", told: since, lookInMs: undefined } : { say: undefined, told, lookInMs: left }
}
