/** Every decision is in the list with its title and state, and has the template's labels. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { assert, it } from "vitest"

it("docs/decisions/README.md lists the decisions as they are", () => {
  const script = join(import.meta.dirname, "../list-decisions.mjs")
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" })
  assert.strictEqual(stderr, "")
  assert.strictEqual(status, 0)
})
