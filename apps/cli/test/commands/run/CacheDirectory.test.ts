import { assert, describe, it } from "@effect/vitest"
import { defaultCacheDirectory } from "../../../src/commands/run/CacheDirectory.ts"

describe("defaultCacheDirectory", () => {
  it.each([
    ["/c", "/c/podwright/tasks"],
    [undefined, "/home/me/.cache/podwright/tasks"],
    ["", "/home/me/.cache/podwright/tasks"],
    ["relative", "/home/me/.cache/podwright/tasks"]
  ])("for XDG_CACHE_HOME=%s is %s", (given, expected) =>
    assert.strictEqual(defaultCacheDirectory({ XDG_CACHE_HOME: given }, "/home/me"), expected)
  )
})
