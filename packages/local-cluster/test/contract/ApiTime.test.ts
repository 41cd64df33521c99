import { assert, describe, it } from "@effect/vitest"
import { apiTime, logTime } from "../../src/contract/ApiTime.ts"

describe("ApiTime", () => {
  it("writes an API time in whole seconds", () =>
    assert.strictEqual(apiTime(1_700_000_000_999), "2023-11-14T22:13:20Z"))

  it("writes a log record's time with nine decimals", () =>
    assert.strictEqual(logTime(1_700_000_000_000_000_007n), "2023-11-14T22:13:20.000000007Z"))
})
