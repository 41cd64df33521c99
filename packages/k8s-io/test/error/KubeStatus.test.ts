/** What a Status means, by table. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { classifyStatus, type KubeStatus, readExecStatus, statusFromText } from "../../src/error/KubeStatus.ts"

describe("classifyStatus", () => {
  const table: ReadonlyArray<readonly [KubeStatus, string]> = [
    [{ reason: "NotFound", code: 404 }, "NotFound"],
    [{ reason: "NotFound", code: 500 }, "NotFound"],
    [{ reason: "AlreadyExists", code: 409 }, "AlreadyExists"],
    [{ reason: "Conflict", code: 409 }, "Conflict"],
    [{ reason: "SomethingNew", code: 409 }, "Conflict"],
    [{ code: 404 }, "NotFound"],
    [{ reason: "Expired", code: 410 }, "Gone"],
    [{ reason: "Gone" }, "Gone"],
    [{ reason: "Expired" }, "Gone"],
    [{ code: 410 }, "Gone"],
    [{ reason: "ServerTimeout", code: 500 }, "Server"],
    [{ reason: "Timeout", code: 504 }, "Server"],
    [{ code: 502 }, "Server"],
    [{ code: 429 }, "TooManyRequests"],
    [{ code: 418 }, "BadRequest"],
    [{ status: "Failure" }, "Server"],
    [{ code: 302 }, "Other"]
  ]
  it.each(table)("%o is %s", (status, expected) => {
    assert.strictEqual(classifyStatus(status), expected)
  })
})

describe("readExecStatus", () => {
  const exit = (message: string): KubeStatus => ({
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message }] }
  })
  it.each([
    [{ status: "Success" }, 0],
    [exit("1"), 1],
    [exit("137"), 137],
    [exit("255"), 255]
  ] as const)("%o exits with %i", (status, code) => {
    assert.deepStrictEqual(readExecStatus(status), { _tag: "Exited", code })
  })
  it.each([
    exit("256"),
    exit("-1"),
    exit("1e2"),
    exit(""),
    { status: "Failure", reason: "NonZeroExitCode" },
    { status: "Failure", reason: "InternalError", code: 500, message: "error dialing backend" },
    { status: "Failure" }
  ])("%o says nothing about the command", (status) => {
    assert.deepStrictEqual(readExecStatus(status), { _tag: "Failed", status })
  })
})

describe("statusFromText", () => {
  it.each(["", "not json", "[]", "null", "{}", '{"kind":"Pod"}', '{"status":7}'])("%s is no Status", (text) => {
    assert.isTrue(Option.isNone(statusFromText(text)))
  })
  it("keeps what is known and drops the rest", () => {
    assert.deepStrictEqual(Option.getOrThrow(statusFromText('{"metadata":{},"status":"Success","extra":1}')), {
      status: "Success"
    })
  })
})
