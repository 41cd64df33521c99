// Runs both reference flows on an embedded cluster and shows what they give: the quickest look at podwright.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = mkdtempSync(join(tmpdir(), "podwright-start-"))
const input = join(folder, "data.txt")
const output = join(folder, "out")
writeFileSync(input, "a line that goes into the pod and comes back\n")

/** Runs the command and returns whether it went well. */
const podwright = (...args) => {
  console.error(`\n$ podwright ${args.join(" ")}`)
  const main = ["--conditions=@podwright/source", "apps/cli/src/main.ts"]
  const { status } = spawnSync(process.execPath, [...main, ...args], { stdio: "inherit" })
  if (status !== 0) process.exitCode = status ?? 1
  return status === 0
}

try {
  const withFile = ["examples/hello-with-file.yaml", "--input", `file=${input}`, "--output-dir", output]
  if (podwright("run", "--local", "examples/hello.yaml") && podwright("run", "--local", ...withFile)) {
    console.error("\n$ cat out.txt")
    process.stdout.write(readFileSync(join(output, "out.txt")))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
