import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { globExpression, regexExpression } from "../../src/outputs/PatternExpression.ts"

const greps = [["grep"], ["busybox", "grep"]].filter(([name]) =>
  ["/bin", "/usr/bin"].some((place) => existsSync(`${place}/${name}`))
)

/** The names that grep lets through, as the session script calls it. */
const matches = (grep: ReadonlyArray<string>, expression: string, names: ReadonlyArray<string>) => {
  const script = `LC_ALL=C ${grep.join(" ")} -zxE "$(printf "$1")"; [ $? -lt 2 ]`
  const input = names.map((name) => `work/${name}\0`).join("")
  const output = execFileSync("sh", ["-c", script, "test", `work/(${expression})`], { input })
  return output
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "")
    .map((name) => name.slice("work/".length))
}

const NAMES = [
  "a",
  "b.txt",
  ".hidden",
  "d/a",
  "d/e/a.txt",
  "ü",
  "日",
  "😀x",
  "new\nline.txt",
  "x\nwork/a",
  "sp ace",
  "-dash",
  "100%",
  "q[1]",
  "back\\slash",
  "^",
  "]",
  "a+b"
]

describe("globExpression", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["*.txt", ["b.txt", "new\nline.txt"]],
    ["**/*.txt", ["b.txt", "d/e/a.txt", "new\nline.txt"]],
    ["d/**", ["d/a", "d/e/a.txt"]],
    ["**/a", ["a", "d/a", "x\nwork/a"]],
    ["d**", ["d/a", "d/e/a.txt"]],
    ["?", ["a", "ü", "日", "^", "]"]],
    ["?x", ["😀x"]],
    ["[ab]", ["a"]],
    ["[!ab]", ["ü", "日", "^", "]"]],
    ["[]^]", ["^", "]"]],
    ["[^-]", ["a", "ü", "日", "^", "]"]],
    ["[ü日]", ["ü", "日"]],
    ["{a,b}*", ["a", "b.txt", "back\\slash", "a+b"]],
    ["{d/{a,e/*},-dash}", ["d/a", "d/e/a.txt", "-dash"]],
    ["*[%]", ["100%"]],
    ["q[[]?]", ["q[1]"]],
    ["*\\\\*", ["back\\slash"]],
    ["a+*", ["a+b"]],
    ["* *", ["sp ace"]],
    ["*none*", []]
  ]
  for (const [pattern, expected] of cases) {
    for (const grep of greps) {
      it(`${JSON.stringify(pattern)} (${grep.join(" ")})`, () => {
        const { expression } = Result.getOrThrow(globExpression(pattern))
        assert.deepStrictEqual(matches(grep, expression, NAMES).sort(), [...expected].sort())
      })
    }
  }
})

describe("regexExpression", () => {
  // What matches is what JavaScript matches as a whole path.
  const patterns = [
    ".",
    ".*\\.txt",
    "[a-d](/.*)?",
    "(?:d|e)/.+?",
    "\\d{3}%",
    "\\W",
    "[\\w.]+",
    "[^\\s/]*",
    "^a$",
    "ü+|日{1}",
    "[^a-z]",
    "back\\\\slash",
    "q\\[1\\]",
    "a\\+b",
    "new\\nline.*",
    "(a|b)\\.?(txt)*"
  ]
  for (const pattern of patterns) {
    for (const grep of greps) {
      it(`${pattern} (${grep.join(" ")})`, () => {
        const whole = new RegExp(`^(?:${pattern})$`, "su")
        const expression = Result.getOrThrow(regexExpression(pattern))
        assert.deepStrictEqual(matches(grep, expression, NAMES).sort(), NAMES.filter((name) => whole.test(name)).sort())
      })
    }
  }
})
