/** Pods for tests: identity, and whatever else a test wants on them. */
import type { Pod } from "../../src/pods/Pod.ts"

export const pod = (options: {
  readonly name: string
  readonly uid?: string
  readonly version?: string
  readonly namespace?: string
  readonly phase?: string
}): Pod => ({
  metadata: {
    name: options.name,
    namespace: options.namespace ?? "team",
    uid: options.uid ?? `${options.name}-uid`,
    resourceVersion: options.version ?? "1",
    labels: { "podwright.dev/taskrun-id": options.name }
  },
  ...(options.phase === undefined ? {} : { status: { phase: options.phase } })
})
