/** Everything of this package over one connection. */
import { Layer } from "effect"
import { AccessReview } from "./access/AccessReview.ts"
import { KubeConnection, type KubeConnectionOptions } from "./client/KubeConnection.ts"
import type { KubeError } from "./error/KubeError.ts"
import { Exec } from "./exec/Exec.ts"
import { PodEvents } from "./pods/PodEvents.ts"
import { PodLog } from "./pods/PodLog.ts"
import { Pods } from "./pods/Pods.ts"
import { PodWatch, type PodWatchOptions } from "./pods/PodWatch.ts"

/** Which cluster, and which of its pods are watched. */
export interface KubeLayerOptions extends KubeConnectionOptions, PodWatchOptions {}

/**
 * The services of this package over a connection that is there already. A layer is built once in a
 * program, recognised by its object, and the services' own layers are one object each: built as
 * such, those over a second connection would be the first's.
 */
export const kubeLayerNoConnection = (
  options: PodWatchOptions = {}
): Layer.Layer<AccessReview | Exec | PodEvents | PodLog | Pods | PodWatch, never, KubeConnection> =>
  Layer.effectContext(
    Layer.build(
      Layer.fresh(
        Layer.mergeAll(
          AccessReview.layer,
          Exec.layer,
          PodEvents.layer,
          PodLog.layer,
          Pods.layer,
          PodWatch.layer(options)
        )
      )
    )
  )

/**
 * The services of this package and the one connection they share. Fails with a `Config` error when
 * there is no cluster.
 */
export const kubeLayer = (
  options: KubeLayerOptions = {}
): Layer.Layer<AccessReview | Exec | KubeConnection | PodEvents | PodLog | Pods | PodWatch, KubeError> =>
  Layer.provideMerge(kubeLayerNoConnection(options), KubeConnection.layer(options))
