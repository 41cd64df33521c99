import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseTemplate } from "../../src/expression/Template.ts"

const problem = (text: string): string => {
  const parsed = parseTemplate(text)
  if (Result.isSuccess(parsed)) return "none"
  const { at, message } = parsed.failure
  return `${at.line}:${at.column}: ${message.replace(/; text that is no expression .*/, "")}`
}

describe("a syntax error says what to write, of", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, said: string]> = [
    ["a comment that nothing closes", 'a\n "{#" b', "2:3: '{#' begins a comment, which no '#}' ends"],
    ["an expression that nothing closes", "a {{ b", "1:3: syntax error: '{{' is not closed by '}}'"],
    ["an expression closed by one brace", "{{ b }", "1:6: syntax error: what is open here is closed by '}}'"],
    ["nothing between the braces", "{{ }}", "1:4: syntax error: there is no expression before '}}'"],
    [
      "an operator without its right side",
      "{{ 1 + }}",
      "1:8: syntax error: the expression is not complete before '}}'"
    ],
    ["a text that nothing closes", "{{ 'a }}", "1:4: syntax error: the text that begins with ' here is not closed"],
    ["an operator of other languages", "{{ a && b }}", "1:6: syntax error: write 'and' for '&&'"],
    [
      "a condition of Python",
      "{{ a if b else c }}",
      "1:6: syntax error: write 'condition ? a : b' for 'a if condition'"
    ],
    ["a value that is set", "{% if a = 1 %}x{% endif %}", "1:9: syntax error: write '==' to compare"],
    ["a word too much", "{{ a b }}", "1:6: syntax error: 'b' is not expected here"],
    ["a tag without its end, after others", "{% if a %}\n{{ b }}", "1:1: '{% if %}' has no '{% endif %}'"],
    ["an outer tag without its end", "{% for a in b %}{% if a %}{% endif %}", "1:1: '{% for %}' has no '{% endfor %}'"],
    [
      "ends in the wrong order",
      "{% for a in b %}{% if a %}{% endfor %}",
      "1:27: '{% endfor %}' stands in '{% if %}', which '{% endif %}' ends"
    ],
    ["an end without its tag", "{% endif %}", "1:1: '{% endif %}' has no tag before it that it belongs to"],
    ["a tag of Python's templates", "{% elif a %}", "1:1: '{%' begins a tag, and there is none 'elif'; write 'elseif'"],
    ["a misspelt tag", "{% sett a = 1 %}", "1:1: '{%' begins a tag, and there is none 'sett'; did you mean 'set'?"]
  ]
  for (const [name, text, said] of rows) it(name, () => assert.strictEqual(problem(text), said))

  it("what is no expression, where that can be meant", () => {
    const parsed = parseTemplate("curl -w '{%http_code%}'")
    assert.match(Result.isFailure(parsed) ? parsed.failure.message : "", /between \{% raw %\} and \{% endraw %\}$/)
  })
})

describe("text stays text:", () => {
  const texts: ReadonlyArray<string> = [
    "echo ${#array[@]} ${#name}",
    "curl -w '%{http_code}' ${V%%.*} {print $1} }}",
    "awk '{{print}}' | awk '{{print $1}}' | awk '{{ printf \"%s\", $2 }}'",
    "docker ps --format 'table {{.ID}}\\t{{ .Names }}'",
    "docker inspect -f '{{json .State}} {{if eq .State.Running true}}x{{else}}y{{end}}'",
    "kubectl get -o go-template='{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}'",
    "'{{range $k, $v := .m}}{{$k}}={{- $v -}}{{end}}{{/* why */}}{{printf \"%s\" .x}}'"
  ]
  for (const text of texts)
    it(text, () => assert.deepStrictEqual(parseTemplate(text), Result.succeed([{ kind: "text", text }])))

  it("but not an expression that looks like it", () => {
    for (const text of ['{{ "x" }}', '{{ not "x" }}', "{{ end }}", "{{ print }}", "{{ json(x) }}", "{{ len }}"])
      assert.deepInclude(Result.getOrThrow(parseTemplate(text))[0], { kind: "print" }, text)
  })
})
