import { defineConfig } from "vitest/config"

/** Workspace packages resolve to their sources (`@podwright/source`), so tests need no build. */
export const conditions = ["@podwright/source", "module", "node", "development|production"]

const folders = [
  "packages/spec-builder",
  "packages/k8s-io",
  "packages/file-sync",
  "packages/task-file",
  "packages/local-cluster",
  "packages/runner",
  "apps/cli",
  "tooling/fault-proxy",
  "tooling/conformance",
  "tooling/bench",
  "scripts"
]

/** A test that runs pods takes seconds; this is only there to end one that hangs. */
export const POD_TEST_TIMEOUT = 180_000

/** Most take milliseconds; the first to load a module on a busy machine takes seconds. */
const UNIT_TEST_TIMEOUT = 30_000

/** What is made for several tests or cleared away behind them: clusters, bundles, 600 MB of files. */
export const HOOK_TIMEOUT = 60_000

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: folders.map((root) => ({
      extends: true as const,
      test: {
        name: root,
        root,
        include: ["test/**/*.test.ts"],
        testTimeout: root === "tooling/conformance" ? POD_TEST_TIMEOUT : UNIT_TEST_TIMEOUT,
        hookTimeout: HOOK_TIMEOUT
      }
    }))
  }
})
