/*
 * list-decisions.mjs [--check]: writes the table of docs/decisions/README.md from the decisions themselves. With --check it writes
 * nothing, and fails if the table would change. Fails as well for a decision that has not the template's title and labels.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../docs/decisions", import.meta.url))
const list = join(folder, "README.md")
const START = "<!-- table: written by scripts/list-decisions.mjs -->\n"
const END = "<!-- end of table -->"
const LABELS = ["Context", "Choice", "Consequence"]

const problems = []

const decisions = readdirSync(folder)
  .filter((name) => /^\d{4}-.*\.md$/.test(name) && !name.startsWith("0000-"))
  .sort()
  .map((file) => {
    const text = readFileSync(join(folder, file), "utf8")
    const number = Number(file.slice(0, 4))
    const title = new RegExp(`^# ${number}\\. (.+)\\n`).exec(text)?.[1]
    if (title === undefined) problems.push(`${file} does not begin with "# ${number}. TITLE"`)
    const labels = Array.from(text.matchAll(/^\*\*(\w+)\.\*\* /gm), ([, label]) => label)
    if (labels.join() !== LABELS.join()) {
      problems.push(`${file} has the labels ${labels.join(", ") || "(none)"}, and not ${LABELS.join(", ")}`)
    }
    // The sentence that begins so, as it stands: it may say what alone is superseded.
    const superseded = /^Superseded by .*$/m.exec(text)?.[0]
    return { file, number, title, state: superseded?.replace(/^S/, "s").replace(/\.$/, "") ?? "accepted" }
  })

const numbers = decisions.map(({ number }) => number)
for (const [index, number] of numbers.entries()) {
  if (numbers.indexOf(number) !== index) problems.push(`two decisions have the number ${number}`)
}
const gaps = Array.from({ length: Math.max(...numbers) }, (_, index) => index + 1).filter(
  (number) => !numbers.includes(number)
)

const rows = [
  ["number", "title", "state"],
  ...decisions.map(({ file, number, state, title }) => [String(number), `[${title}](${file})`, state])
]
const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)))
const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |\n`
const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`
const table = line(rows[0]) + rule + rows.slice(1).map(line).join("")
const absent =
  gaps.length === 0
    ? ""
    : `\nNumbers are reserved before a decision is written. Reserved and not used: ${gaps.join(", ")}.\n`

const before = readFileSync(list, "utf8")
const start = before.indexOf(START) + START.length
const after = `${before.slice(0, start)}\n${table}${absent}\n${before.slice(before.indexOf(END, start))}`

if (after !== before && process.argv.includes("--check")) {
  problems.push(
    "the table of docs/decisions/README.md is not what the decisions say: run node scripts/list-decisions.mjs"
  )
} else if (after !== before) {
  writeFileSync(list, after)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
