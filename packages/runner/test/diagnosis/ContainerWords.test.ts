/** What a container printed last, in the diagnosis. R19 is a row of the catalogue in packages/runner/README.md. */
import { assert, describe, it } from "@effect/vitest"
import { diagnoseSilentEnd } from "../../src/diagnosis/ContainerWords.ts"
import { type Diagnosis, diagnoseEnd } from "../../src/diagnosis/Diagnosis.ts"

describe("diagnoseSilentEnd", () => {
  const found = (exitCode: number, reason = "Error") => diagnoseEnd({ exitCode, reason, message: undefined }, undefined)
  it("R19 has the runtime's words for a program that could not be executed", () => {
    const silent = diagnoseSilentEnd(found(1), "exec /bin/sh: exec format error\n")
    assert.strictEqual(`${silent.cause._tag} ${silent.kind}`, "CommandNotStarted permanent")
    assert.strictEqual(silent.summary, "the container could not start the command: exec /bin/sh: exec format error")
  })
  it("R19 makes one line of several, with nothing that a terminal obeys", () => {
    const silent = diagnoseSilentEnd(found(125), "a\u001b[2J\r\n\n b\n")
    assert.deepStrictEqual(silent.cause, { _tag: "CommandNotStarted", exitCode: 125, said: "a [2J; b" })
  })
  const kept: ReadonlyArray<readonly [string, Diagnosis, string]> = [
    ["an empty log", found(1), " \n"],
    ["a signal", found(137), "words"],
    ["used-up memory", found(1, "OOMKilled"), "words"],
    ["a start error of the kubelet's", found(128, "StartError"), "words"]
  ]
  it.each(kept)("R19 keeps what is known of %s", (_, diagnosis, log) => {
    assert.strictEqual(diagnoseSilentEnd(diagnosis, log), diagnosis)
  })
})
