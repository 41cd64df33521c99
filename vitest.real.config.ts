import { defineConfig } from "vitest/config"
import { conditions, HOOK_TIMEOUT, POD_TEST_TIMEOUT } from "./vitest.config.ts"

/** The conformance suite on a real Kubernetes. It needs KUBECONFIG and fails without a cluster; it never skips. */
export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name: "real",
    root: "tooling/conformance",
    include: ["real/**/*.test.ts"],
    testTimeout: POD_TEST_TIMEOUT,
    hookTimeout: HOOK_TIMEOUT,
    // One node of two cores: runs that queue for it measure nothing but the queue.
    fileParallelism: false
  }
})
