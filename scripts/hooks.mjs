/*
 * Installs the git hooks of lefthook.yml; pnpm runs it at `install`. Only in a clone that somebody works in: not in CI, not where
 * there is no repository, and not in a worktree, whose hooks are those of its clone.
 */
import { spawnSync } from "node:child_process"
import { statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("..", import.meta.url))
const isClone = statSync(join(repository, ".git"), { throwIfNoEntry: false })?.isDirectory() === true
const isCi = !["", "0", "false"].includes(process.env.CI ?? "")

if (isClone && !isCi) {
  const lefthook = join(repository, "node_modules/.bin/lefthook")
  const { error, status } = spawnSync(lefthook, ["install"], { cwd: repository, stdio: "inherit" })
  // Hooks are a convenience: without them the installation is still whole.
  if (status !== 0)
    console.error(`The git hooks were not installed: ${error?.message ?? `lefthook ended with ${status}`}`)
}
