import { assert, describe, it } from "@effect/vitest"
import {
  type Answering,
  type Asking,
  afterAsking,
  decideSaying,
  nothingAsked,
  type Saying,
  SILENCE_MS
} from "../../src/client/ServerSilence.ts"

const asked = (id: number, at: number): Asking => ({ _tag: "Asked", id, at })
const answered = (id: number, at: number): Asking => ({ _tag: "Answered", id, at })
const failed = (id: number): Asking => ({ _tag: "Failed", id, detail: `refused ${id}` })
const dropped = (id: number): Asking => ({ _tag: "Dropped", id })

const after = (...askings: ReadonlyArray<Asking>): Answering => askings.reduce(afterAsking, nothingAsked)

const nothing = (told?: number): Saying => ({ say: undefined, told, lookInMs: undefined })
const silent = (told: number): Saying => ({ say: "Silent", told, lookInMs: undefined })
const later = (lookInMs: number): Saying => ({ say: undefined, told: undefined, lookInMs })
const answers = (lookInMs?: number): Saying => ({ say: "Answers", told: undefined, lookInMs })

describe("decideSaying", () => {
  const table: ReadonlyArray<
    readonly [what: string, known: Answering, told: number | undefined, now: number, said: Saying]
  > = [
    ["says nothing before anything is asked", nothingAsked, undefined, 9000, nothing()],
    ["waits for a request that is new", after(asked(1, 0)), undefined, 500, later(1500)],
    ["tells of one that hangs, at two seconds", after(asked(1, 0)), undefined, SILENCE_MS, silent(0)],
    ["tells once", after(asked(1, 0), asked(2, 100)), 0, 9000, nothing(0)],
    [
      "counts an answer to another request",
      after(asked(1, 0), asked(2, 0), answered(2, 1500)),
      undefined,
      2000,
      later(1500)
    ],
    ["says nothing when all is answered", after(asked(1, 0), answered(1, 1900)), undefined, 9000, nothing()],
    [
      "tells of requests that fail one after the other",
      after(asked(1, 0), failed(1), asked(2, 500), failed(2)),
      undefined,
      2000,
      silent(0)
    ],
    [
      "counts a failure from the answer before it",
      after(asked(1, 0), asked(2, 0), answered(2, 900), failed(1)),
      undefined,
      2000,
      later(900)
    ],
    [
      "bears one failure that the next request mends",
      after(asked(1, 0), failed(1), asked(2, 500), answered(2, 600)),
      undefined,
      9000,
      nothing()
    ],
    ["says nothing of a request that nobody waits for", after(asked(1, 0), dropped(1)), undefined, 9000, nothing()],
    ["does not take that for an answer", after(asked(1, 0), dropped(1)), 0, 9000, nothing(0)],
    [
      "says that it answers again",
      after(asked(1, 0), failed(1), asked(2, 3000), answered(2, 3010)),
      0,
      3010,
      answers()
    ],
    [
      "and looks again at those that still hang",
      after(asked(1, 0), asked(2, 0), answered(2, 3000)),
      0,
      3000,
      answers(0)
    ],
    [
      "ignores a failure after the answer of its request",
      after(asked(1, 0), answered(1, 10), failed(1)),
      undefined,
      9000,
      nothing()
    ]
  ]
  for (const [what, known, told, now, said] of table)
    it(what, () => assert.deepStrictEqual(decideSaying(known, told, now), said))
})

describe("afterAsking", () => {
  it("keeps how the last request failed", () =>
    assert.deepStrictEqual(after(asked(1, 0), failed(1), asked(2, 500), failed(2)).failing, {
      since: 0,
      detail: "refused 2"
    }))
})
