import { assert, describe, it } from "@effect/vitest"
import { isTextProperty } from "../../src/properties/TextProperties.ts"

const places: ReadonlyArray<readonly [string, boolean]> = [
  ["labels.version", true],
  ["labels.constructor", true],
  ["nodeSelector.zone", true],
  ["config.password", true],
  ["config.oauthTokenProvider.task.id", true],
  ["config.oauthTokenProvider.task.headers.X", true],
  ["config.oauthTokenProvider.task.env.N", true],
  ["labels", false],
  ["delete", false],
  // A quantity's digits are a number's, whichever way they are written.
  ["resources.limit.cpu", false],
  ["transfer.maxEntries", false],
  ["podSpec.activeDeadlineSeconds", false],
  ["waitUntilRunning", false],
  ["nobody.knows.it", false],
  ["constructor", false]
]

describe("isTextProperty", () => {
  for (const [place, expected] of places)
    it(`says ${expected} of ${place}`, () => assert.strictEqual(isTextProperty(place.split(".")), expected))
})
