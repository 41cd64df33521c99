import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "../../src/error/KubeError.ts"
import { serverWords } from "../../src/error/ServerWords.ts"

describe("serverWords", () => {
  for (const [what, words, shown] of [
    ["as they are", 'pods "a" is forbidden', 'pods "a" is forbidden'],
    ["without the space around them", " a \n", "a"],
    ["with their newlines escaped", "a\nb", "a\\nb"],
    ["with their controls escaped", "a\u001b[2J\u009b\u202e", "a\\u001b[2J\\u009b\\u202e"],
    ["no longer than a message bears", "x".repeat(5000), `${"x".repeat(1000)}… (5000 characters)`]
  ] as const)
    it(`shows them ${what}`, () => assert.strictEqual(serverWords(words), shown))
})

describe("a message that quotes a server", () => {
  it("is one short line, however long its objections are", () => {
    const causes = Array.from({ length: 500 }, (_, index) => ({ field: `spec.a[${index}]`, message: "bad\nworse" }))
    const reason = { _tag: "Invalid", detail: "", causes } as const
    const { message } = new KubeError({ operation: "Pods.create", subject: {}, reason })
    assert.isBelow(message.length, 2000)
    assert.notInclude(message, "\n")
  })
})
