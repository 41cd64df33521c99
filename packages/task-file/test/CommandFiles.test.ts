import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { CommandFiles } from "../src/CommandFiles.ts"
import { parseTaskFile } from "../src/TaskFileReader.ts"

const FLOW = `id: f
namespace: n
inputs:
  - { id: data, type: FILE }
  - { id: web, type: FILE }
  - { id: text, type: STRING }
tasks:
  - { id: t, type: io.kestra.plugin.scripts.shell.Commands, commands: ["true"] }
`
const INPUTS = { data: "file:///here/my%20data.csv", web: "https://host/a/b.zip?x=1", text: "file:///etc/passwd" }
const OUTPUTS = {
  one: {
    exitCode: 0,
    vars: { v: "file:///etc/shadow" },
    outputFiles: { a: "file:///o/a.txt", b: "file:///o/a.txt.gz", c: "file:///o/it's" }
  }
}
const PLACE = "/podwright/work/.podwright-files"

const replaced = (...texts: ReadonlyArray<string>) => {
  const files = new CommandFiles(
    Result.getOrThrow(parseTaskFile(FLOW, { fileName: "f.yaml", directory: "/" })),
    INPUTS,
    OUTPUTS
  )
  return { texts: texts.map((text) => files.replace(text)), files: files.inputFiles }
}

describe("in a command, the URI", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, expected: string]> = [
    ["of an input is its path", `cat ${INPUTS.data}`, `cat ${PLACE}/1/my_data.csv`],
    ["of an input from the web is its path", `unzip "${INPUTS.web}"`, `unzip "${PLACE}/1/b.zip"`],
    ["of an output is its path", "cat file:///o/a.txt|wc", `cat ${PLACE}/1/a.txt|wc`],
    ["at the end of a sentence is its path", "see file:///o/a.txt.", `see ${PLACE}/1/a.txt.`],
    ["that another begins with is itself", "cat file:///o/a.txt.gz", `cat ${PLACE}/1/a.txt.gz`],
    ["with a quote is its path", "cat file:///o/it's", `cat ${PLACE}/1/it_s`],
    ["of two files has a place each", "file:///o/a.txt,file:///o/a.txt.gz", `${PLACE}/1/a.txt,${PLACE}/2/a.txt.gz`],
    [
      "of the pod's own file stays",
      "curl file:///etc/passwd file:///o/a.txt.bak",
      "curl file:///etc/passwd file:///o/a.txt.bak"
    ],
    ["in a value stays", "echo file:///etc/shadow", "echo file:///etc/shadow"],
    ["of a page stays", "curl https://host/a", "curl https://host/a"]
  ]
  for (const [name, text, expected] of rows) it(name, () => assert.deepStrictEqual(replaced(text).texts, [expected]))

  it("of a file that several texts name is brought once", () => {
    const { files, texts } = replaced("cat file:///o/a.txt", "wc file:///o/a.txt")
    assert.deepStrictEqual(texts, [`cat ${PLACE}/1/a.txt`, `wc ${PLACE}/1/a.txt`])
    assert.deepStrictEqual(files, [
      { name: ".podwright-files/1/a.txt", source: { _tag: "Url", url: "file:///o/a.txt" } }
    ])
  })
})
