/*
 * count-tests.mjs REPORT EXIT_CODE FAILURES: prints "PASSED FAILED" for one run of vitest, and adds to FAILURES what failed.
 * One failure each: a file that fails outside of its tests; a run that ends badly without naming a failed test, that
 * leaves no report, or that runs no test at all.
 */
import { appendFileSync, readFileSync } from "node:fs"
import { relative } from "node:path"
import { stripVTControlCharacters } from "node:util"

const [reportPath, exitCode, failuresPath] = process.argv.slice(2)

const ERROR_LINES = 12 // an assertion's words and places
const beginning = (error) =>
  stripVTControlCharacters(error)
    .split("\n")
    .filter((line) => !line.includes("/node_modules/"))
    .slice(0, ERROR_LINES)
    .join("\n    ")
const say = (file, what, error) =>
  appendFileSync(failuresPath, `${relative(process.cwd(), file.name)}${what}\n    ${beginning(error)}\n`)

const readReport = () => {
  try {
    return JSON.parse(readFileSync(reportPath, "utf8"))
  } catch (error) {
    console.error(`There is no report of the tests: ${error.message}`)
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}

const report = readReport()
const brokenFiles = report.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
)
for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    if (test.status === "failed") say(file, ` > ${test.fullName}`, test.failureMessages.join("\n"))
  }
}
for (const file of brokenFiles) say(file, "", file.message ?? "")
const passed = report.numPassedTests
let failed = report.numFailedTests + brokenFiles.length
if (passed + failed === 0) console.error("No test was run.")
if (failed === 0 && (passed === 0 || exitCode !== "0")) {
  failed = 1
  appendFileSync(failuresPath, `${reportPath}: exit code ${exitCode} of vitest, which names no failed test\n`)
}
console.log(`${passed} ${failed}`)
