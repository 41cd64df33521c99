/*
 * commit-subject.mjs FILE: refuses a commit message whose subject is longer than 72 characters, which is what `git log` shows
 * of it in 80 columns. What git words itself (a merge, a revert, fixup!) is let through.
 */
import { readFileSync } from "node:fs"

const LONGEST = 72

const [file] = process.argv.slice(2)
const subject =
  readFileSync(file, "utf8")
    .split("\n")
    .find((line) => line.trim() !== "" && !line.startsWith("#")) ?? ""
const length = Array.from(subject).length

if (length > LONGEST && !/^(Merge |Revert "|fixup! |squash! |amend! )/.test(subject)) {
  console.error(`The subject has ${length} characters; at most ${LONGEST} are shown whole. Shorten it:`)
  console.error(`  ${subject}`)
  console.error("The reason for the change belongs in the body, after an empty line.")
  process.exitCode = 1
}
