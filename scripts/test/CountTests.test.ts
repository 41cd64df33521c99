/** What CI counts of a run of vitest: a report and an exit code in, passed and failed out, and the failures by name. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"

const REPOSITORY = join(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "podwright-count-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const passedTest = { status: "passed", fullName: "adds", failureMessages: [] }
const failedTest = {
  status: "failed",
  fullName: "takes away",
  failureMessages: ["AssertionError: 3 is not 2\n  at /x/node_modules/chai/index.js:1\n  at sum.test.ts:9"]
}
const report = (passed: number, failed: number, testResults: ReadonlyArray<object>) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults })
const file = (status: string, assertionResults: ReadonlyArray<object>, message = "") => ({
  name: join(REPOSITORY, "packages/sum.test.ts"),
  status,
  message,
  assertionResults
})

interface Case {
  readonly name: string
  /** Undefined: vitest left none. */
  readonly report: string | undefined
  readonly exitCode: number
  readonly counts: string
  readonly failures: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "all tests passed",
    report: report(1, 0, [file("passed", [passedTest])]),
    exitCode: 0,
    counts: "1 0",
    failures: []
  },
  {
    name: "a failed test is named with its error, without the lines of libraries",
    report: report(1, 1, [file("failed", [passedTest, failedTest])]),
    exitCode: 1,
    counts: "1 1",
    failures: ["packages/sum.test.ts > takes away", "    AssertionError: 3 is not 2", "      at sum.test.ts:9"]
  },
  {
    name: "a file that fails outside of its tests counts once",
    report: report(1, 0, [file("failed", [passedTest], "Error: no such module")]),
    exitCode: 1,
    counts: "1 1",
    failures: ["packages/sum.test.ts", "    Error: no such module"]
  },
  {
    name: "a bad exit code without a failed test counts once",
    report: report(1, 0, [file("passed", [passedTest])]),
    exitCode: 137,
    counts: "1 1",
    failures: ["REPORT: exit code 137 of vitest, which names no failed test"]
  },
  {
    name: "a run without tests counts as a failure",
    report: report(0, 0, []),
    exitCode: 0,
    counts: "0 1",
    failures: ["REPORT: exit code 0 of vitest, which names no failed test"]
  },
  {
    name: "a run that leaves no report counts as a failure",
    report: undefined,
    exitCode: 124,
    counts: "0 1",
    failures: ["REPORT: exit code 124 of vitest, which names no failed test"]
  },
  {
    name: "a report that is cut off counts as none",
    report: report(1, 0, []).slice(0, -5),
    exitCode: 0,
    counts: "0 1",
    failures: ["REPORT: exit code 0 of vitest, which names no failed test"]
  }
]

describe("count-tests.mjs", () => {
  for (const [index, { counts, exitCode, failures, name, report: text }] of cases.entries()) {
    it(name, () => {
      const path = join(folder, `${index}.json`)
      const failuresPath = join(folder, `${index}.failures`)
      writeFileSync(failuresPath, "")
      if (text !== undefined) writeFileSync(path, text)
      const { status, stdout } = spawnSync(
        process.execPath,
        [join(REPOSITORY, "scripts/count-tests.mjs"), path, String(exitCode), failuresPath],
        { cwd: REPOSITORY, encoding: "utf8" }
      )
      assert.strictEqual(status, 0)
      assert.strictEqual(stdout, `${counts}\n`)
      const named = readFileSync(failuresPath, "utf8").replaceAll(path, "REPORT").split("\n")
      assert.deepStrictEqual(
        named.filter((line) => line !== ""),
        [...failures]
      )
    })
  }
})
