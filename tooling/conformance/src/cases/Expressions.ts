/**
 * Expressions of whole flows: values from outside the file, secrets that nothing shows, values of
 * other tasks as they print.
 */
import { appendFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Cluster } from "../clusters/Cluster.ts"
import { freshId, podwright, scratch } from "../clusters/Podwright.ts"

const SECRET = `it's "hush"\nsecond line of it`

/** Writes a flow of shell tasks, one for each list of commands: `t0`, `t1`, …. */
const flowOf = async (head: string, ...tasks: ReadonlyArray<string>): Promise<string> => {
  const path = join(await scratch(), "flow.yaml")
  const task = (rest: string, index: number) =>
    `  - { id: t${index}, type: io.kestra.plugin.scripts.shell.Commands, containerImage: busybox, ${rest} }\n`
  await writeFile(
    path,
    `id: ${freshId("words")}\nnamespace: company.team\n${head}\ntasks:\n${tasks.map(task).join("")}`
  )
  return path
}

export const expressions = (cluster: Cluster): void => {
  describe("expressions", () => {
    it("know what flags, files and the environment give", async () => {
      const told =
        "{{ trigger.date ?? 'none' }} {{ globals.region }} {{ envs.stage }} {{ kv('n') }} {{ vars.host }} {{ labels.team }}"
      const flow = await flowOf(
        'labels: { team: blue }\nvariables: { host: own }\ninputs: [{ id: day, type: STRING, defaults: "{{ trigger.date }}" }]',
        `commands: ["echo ${told} {{ inputs.day }}"]`
      )
      const vars = join(await scratch(), "vars.yaml")
      await writeFile(vars, "globals: { region: eu }\nkv: { n: 2.0 }\ntrigger: { date: never }\n")
      const args = ["run", flow, "--vars", vars, "--var", "trigger.date=2026-01-31", "--var", "host=given"]
      const { code, stderr, stdout } = await podwright(cluster, args, undefined, undefined, { ENV_STAGE: "prod" })
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "2026-01-31 eu prod 2.0 given blue 2026-01-31\n")
      const without = await podwright(cluster, ["run", flow])
      assert.strictEqual(without.code, 2, without.stderr)
      assert.include(without.stderr, "there is no 'trigger'; the flow was started by hand")
    })

    it("bring the file of a URI to a command that names it, and its path takes its place", async () => {
      const folder = await scratch()
      const input = join(folder, "my input.txt")
      await writeFile(input, "from input\n")
      const flow = await flowOf(
        "inputs: [{ id: f, type: FILE }]",
        `outputFiles: [out.txt], commands: ["cat {{ inputs.f }}", "echo made > out.txt"]`,
        `outputFiles: [own.txt], commands: ["cat {{ outputs.t0.outputFiles['out.txt'] }}", "echo own > own.txt"]`
      )
      const script = `  - id: s
    type: io.kestra.plugin.scripts.shell.Script
    containerImage: busybox
    beforeCommands: ["cat {{ inputs.f }}"]
    script: |
      while read -r line; do echo "script: $line"; done < "{{ outputs.t0.outputFiles['out.txt'] }}"
      echo {{ outputs.t1.outputFiles | keys }}
`
      await appendFile(flow, script)
      const args = ["run", flow, "--input", `f=${input}`, "--output-dir", join(folder, "out")]
      const { code, stderr, stdout } = await podwright(cluster, args)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "from input\nmade\nfrom input\nscript: made\n[own.txt]\n")
    })

    for (const output of ["text", "json", "ndjson"])
      it(`show no value of a secret, in whatever form it is printed (--output ${output})`, async () => {
        const flow = await flowOf(
          "inputs: [{ id: pw, type: SECRET }]",
          `env: { S: "{{ secret('TOK') }}", P: "{{ inputs.pw }}" }, commands: ['echo "$S"; echo "<$P>"; echo "$S" >&2', 'printf "%s" "$P" | base64', 'printf "::{\\"outputs\\":{\\"v\\":\\"%s\\"}}::\\n" "$P"', 'test {{ outputs.t0.vars.v ?? inputs.pw }} = "$P" && exit 3'], allowFailure: true`,
          `commands: ['test "{{ outputs.t0.vars.v }}" = "\${P:-correct-horse}" && echo same']`
        )
        const args = ["run", flow, "--output", output, "--input", "pw=correct-horse"]
        const { code, stderr, stdout } = await podwright(cluster, args, undefined, undefined, {
          SECRET_tok: Buffer.from(SECRET).toString("base64")
        })
        assert.strictEqual(code, 0, stderr)
        const all = stdout + stderr
        assert.include(all, "same")
        for (const line of [
          ...SECRET.split("\n"),
          "hush\\",
          "correct-horse",
          Buffer.from("correct-horse").toString("base64").slice(0, 12)
        ])
          assert.notInclude(all, line)
        assert.include(all, "<***>")
      })

    it("show no value of a secret in a manifest, and refuse one that is no base64 without repeating it", async () => {
      const flow = await flowOf("", `env: { S: "{{ secret('TOK') }}" }, commands: ["echo $S"]`)
      const render = (value: string, ...flags: ReadonlyArray<string>) =>
        podwright(cluster, ["render", flow, ...flags], undefined, undefined, { SECRET_TOK: value })
      const encoded = await render(Buffer.from(SECRET).toString("base64"))
      const plain = await render("hush-hush", "--plain-secrets")
      for (const { code, stderr, stdout } of [encoded, plain]) {
        assert.strictEqual(code, 0, stderr)
        assert.include(stdout, "***")
        assert.notMatch(stdout, /hush|second line/)
      }
      const refused = await render("hush-hush")
      assert.strictEqual(refused.code, 2, refused.stderr)
      assert.include(refused.stderr, "the environment variable SECRET_TOK is no base64")
      assert.notInclude(refused.stderr, "hush")
    })
  })
}
