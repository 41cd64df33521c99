import { defineConfig } from "vitest/config"
import { conditions } from "./vitest.config.ts"

/** The conformance suite on a real Kubernetes. It needs KUBECONFIG and fails without a cluster; it never skips. */
export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name: "real",
    root: "tooling/conformance",
    include: ["real/**/*.test.ts"],
    // A pod takes a second or two on an idle node; this is only there to end a test that hangs.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // One node of two cores: runs that queue for it measure nothing but the queue.
    fileParallelism: false
  }
})
