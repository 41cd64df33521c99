/** What image names act out. */
import { assert, describe, it } from "@effect/vitest"
import { imageTrouble } from "../../src/kubelet/ImageTrouble.ts"

const image = (name: string) => `local-cluster.invalid/${name}`
const pull = (name: string, code: string, why: string) => ({
  _tag: "PullFails" as const,
  message: `rpc error: code = ${code} desc = failed to pull and unpack image "${image(name)}": failed to resolve reference "${image(name)}": ${why}`
})

describe("imageTrouble", () => {
  const cases = [
    ["busybox:1.37", { _tag: "None" }],
    ["docker.io/local-cluster.invalid/pull-error", { _tag: "None" }],
    [image("pull-error"), pull("pull-error", "NotFound", `${image("pull-error")}: not found`)],
    [
      image("pull-back-off"),
      pull("pull-back-off", "Unknown", "unexpected status from HEAD request: 503 Service Unavailable")
    ],
    [image("slow-start:0.5"), { _tag: "SlowStart", seconds: 0.5 }],
    [image("slow-start"), { _tag: "SlowStart", seconds: 2 }],
    [image("slow-start:latest"), { _tag: "SlowStart", seconds: 2 }],
    [image("unschedulable"), { _tag: "Unschedulable" }],
    [image("evicted:3"), { _tag: "Evicted", seconds: 3 }],
    [image("node-lost"), { _tag: "NodeLost", seconds: 0 }],
    [image("no-shell"), { _tag: "Empty" }],
    [image("entrypoint"), { _tag: "Entrypoint", argv: ["/usr/bin/env"] }]
  ] as const
  it.each(cases)("%s", (name, trouble) => {
    assert.deepStrictEqual(imageTrouble(name), trouble)
  })

  it("knows no other name of its registry", () => {
    const trouble = imageTrouble(image("typo"))
    assert.strictEqual(trouble._tag, "PullFails")
  })
})
