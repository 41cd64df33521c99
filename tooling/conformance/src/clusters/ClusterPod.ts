/**
 * A pod that a test itself creates and deletes directly on the cluster, while podwright watches it
 * through a proxy.
 */
import { kubeLayer, Pods } from "@podwright/k8s-io"
import { Context, Effect, Layer, Schedule } from "effect"
import { LIMITED_NAMESPACE } from "./Cluster.ts"

/**
 * What its container does until it is removed: nothing, and it ends at once when it is asked to.
 */
export const IDLE = "trap 'exit 0' TERM; sleep 3600 & wait"

const manifest = (name: string, labels: Readonly<Record<string, string>>, script: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "main", image: "busybox", command: ["sh", "-c", script] }]
  }
})

/** A running pod, for as long as the scope is open. */
export const clusterPod = Effect.fnUntraced(function* (
  kubeconfig: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
  script = IDLE
) {
  const pods = Context.get(yield* Layer.build(kubeLayer({ kubeconfig })), Pods)
  yield* Effect.acquireRelease(pods.create(LIMITED_NAMESPACE, manifest(name, labels, script)), () =>
    Effect.orDie(pods.delete(LIMITED_NAMESPACE, name, { gracePeriodSeconds: 0 }))
  )
  yield* pods.get(LIMITED_NAMESPACE, name).pipe(
    Effect.repeat({
      until: ({ status }) => status?.phase === "Running",
      schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo({ duration: "60 seconds" }))
    })
  )
})
