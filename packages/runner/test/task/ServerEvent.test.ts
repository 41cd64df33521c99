import { assert, describe, it } from "@effect/vitest"
import type { ServerNotice } from "@podwright/k8s-io"
import { serverEvent } from "../../src/task/ServerEvent.ts"

const address = "https://k:6443"

describe("serverEvent", () => {
  for (const [what, notice, said] of [
    [
      "a server that refuses connections",
      { _tag: "Silent", address, detail: "connect ECONNREFUSED 10.0.0.1:6443" },
      "Waiting: the API server at https://k:6443 does not answer (connect ECONNREFUSED 10.0.0.1:6443); still trying for up to 75 s"
    ],
    [
      "one that takes requests and is silent",
      { _tag: "Silent", address },
      "Waiting: the API server at https://k:6443 does not answer; still trying for up to 75 s"
    ],
    [
      "one that answers again",
      { _tag: "Answers", address, afterMs: 12_340 },
      "Warning: the API server at https://k:6443 answers again, after 12.3 s"
    ]
  ] as ReadonlyArray<readonly [string, ServerNotice, string]>)
    it(`tells of ${what}`, () => {
      const event = serverEvent(notice, "for up to 75 s", 5)
      const text = event._tag === "Waiting" ? event.diagnosis.summary : event._tag === "Warning" ? event.message : ""
      assert.strictEqual(`${event._tag}: ${text}`, said)
      assert.strictEqual(event.at, 5)
    })
})
