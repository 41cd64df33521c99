/**
 * Which connection a run uses: the ambient one, or with `config` one of its own, shared by all runs
 * whose `config` is equal. Connections are made when a run needs them and kept for the next one.
 */

import { FileSyncError, FileSyncReason } from "@podwright/file-sync"
import {
  type ConnectionConfig,
  type Exec,
  KubeConnection,
  type KubeError,
  type KubeLayerOptions,
  kubeLayer,
  kubeLayerNoConnection,
  type PodEvents,
  type PodLog,
  type Pods,
  type PodWatch,
  withConnectionHint
} from "@podwright/k8s-io"
import { type ConnectionProperties, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Context, Effect, Layer, RcMap, type Scope } from "effect"
import { HttpClient } from "effect/http"
import { RunError } from "../task/RunError.ts"
import { Files, Kube } from "../task/RunReason.ts"
import { fetchToken } from "./TokenTask.ts"

/** What a run needs of a cluster. */
export type KubeServices = Exec | KubeConnection | PodEvents | PodLog | Pods | PodWatch

/** A connection a run may use for as long as its scope is open. */
export interface RunConnection {
  readonly services: Context.Context<KubeServices>
  /** Names the fields of the run's `config` in an error that is about the connection. */
  readonly explain: (error: RunError) => RunError
}

/**
 * A connection without runs is kept this long: runs that follow each other share it, with its
 * sockets and its token.
 */
const IDLE_TIME_TO_LIVE = "1 minute"

/**
 * Of a namespace's pods the watch sees those that run a task: the label is there, whatever its
 * value.
 */
const OUR_PODS = { labelSelector: TASK_RUN_LABEL }

const connectionConfig = (properties: ConnectionProperties, client: HttpClient.HttpClient): ConnectionConfig => {
  const { oauthTokenProvider, ...rest } = properties
  if (oauthTokenProvider === undefined) return rest
  const fetch = fetchToken(oauthTokenProvider).pipe(Effect.provideService(HttpClient.HttpClient, client))
  return { ...rest, oauthTokenProvider: { fetch, cache: oauthTokenProvider.cache } }
}

const explainBy =
  (config: ConnectionConfig) =>
  (error: RunError): RunError => {
    const { reason } = error
    if (reason._tag === "Kube")
      return error.with({ reason: new Kube({ error: withConnectionHint(reason.error, config) }) })
    if (reason._tag !== "Files" || reason.error.reason._tag !== "Channel") return error
    const channel = new FileSyncReason.Channel({ error: withConnectionHint(reason.error.reason.error, config) })
    const { operation, pod } = reason.error
    const files = new FileSyncError({ operation, ...(pod === undefined ? {} : { pod }), reason: channel })
    return error.with({ reason: new Files({ error: files }) })
  }

type Services = Effect.Effect<Context.Context<KubeServices>, KubeError, Scope.Scope>

const make = Effect.fnUntraced(function* (ambient: Services, configured: (config: ConnectionConfig) => Services) {
  const client = yield* HttpClient.HttpClient
  const connections = yield* RcMap.make({
    lookup: ({ config: properties }: { readonly config: ConnectionProperties | undefined }) => {
      if (properties === undefined)
        return Effect.map(ambient, (services): RunConnection => ({ services, explain: (error) => error }))
      const config = connectionConfig(properties, client)
      return Effect.map(configured(config), (services): RunConnection => ({ services, explain: explainBy(config) }))
    },
    idleTimeToLive: IDLE_TIME_TO_LIVE
  })
  return RunConnections.of({
    open: (config) =>
      RcMap.get(connections, { config }).pipe(
        // a failure is not kept for the next run
        Effect.tapError(() => RcMap.invalidate(connections, { config })),
        Effect.mapError((error) => new RunError({ operation: "RunConnections.open", reason: new Kube({ error }) }))
      )
  })
})

export class RunConnections extends Context.Service<
  RunConnections,
  {
    /**
     * The connection for a run's `config`. Fails, before anything is created, with a `Config` error
     * that names the field.
     */
    readonly open: (config: ConnectionProperties | undefined) => Effect.Effect<RunConnection, RunError, Scope.Scope>
  }
>()("@podwright/runner/RunConnections") {
  /** Over a connection that is there already; a `config` adds to it. */
  static readonly layerAmbient: Layer.Layer<RunConnections, never, KubeServices | HttpClient.HttpClient> = Layer.effect(
    RunConnections,
    Effect.gen(function* () {
      const services = yield* Effect.context<KubeServices>()
      const connection = yield* KubeConnection
      return yield* make(Effect.succeed(services), (config) =>
        Effect.flatMap(connection.extend(config), (own) =>
          Layer.build(kubeLayerNoConnection(OUR_PODS).pipe(Layer.provideMerge(Layer.succeed(KubeConnection, own))))
        )
      )
    })
  )

  /**
   * Opens the ambient connection by these options for the first run that uses it: runs that do not
   * never need a cluster.
   */
  static readonly layer = (options: KubeLayerOptions = {}): Layer.Layer<RunConnections, never, HttpClient.HttpClient> =>
    Layer.effect(
      RunConnections,
      make(Layer.build(kubeLayer({ ...OUR_PODS, ...options })), (config) =>
        Layer.build(kubeLayer({ ...OUR_PODS, ...options, config }))
      )
    )
}
