/**
 * An embedded cluster in this process, and the kubeconfig by which it is found: a file that only
 * this user can read, gone when the cluster is.
 */
import { join } from "node:path"
import { Effect, FileSystem, Option } from "effect"

/** What a person has to know who runs on an embedded cluster; said once. */
export const LOCAL_NOTICE =
  "local cluster: images are not pulled; commands run as processes of this machine, with its programs; nothing is isolated for security"

export interface LocalKubeconfigOptions {
  /** Where the kubeconfig goes; by default a new folder for temporary files. Must not be there yet. */
  readonly path: Option.Option<string>
  readonly address: Option.Option<string>
  readonly port: Option.Option<number>
}

/** Starts the cluster for as long as the scope is open. Loads it here: nobody else should pay for it. */
export const startLocalCluster = Effect.fn("LocalKubeconfig.start")(function* (options: LocalKubeconfigOptions) {
  const { LocalCluster } = yield* Effect.promise(() => import("@podwright/local-cluster"))
  const fs = yield* FileSystem.FileSystem
  const path = yield* Option.match(options.path, {
    onNone: () =>
      Effect.map(fs.makeTempDirectoryScoped({ prefix: "podwright-" }), (folder) => join(folder, "kubeconfig")),
    onSome: Effect.succeed
  })
  const cluster = yield* LocalCluster.start({
    ...Option.match(options.address, { onNone: () => ({}), onSome: (address) => ({ address }) }),
    ...Option.match(options.port, { onNone: () => ({}), onSome: (port) => ({ port }) })
  })
  yield* Effect.acquireRelease(fs.writeFileString(path, cluster.kubeconfig, { flag: "wx", mode: 0o600 }), () =>
    fs
      .remove(path, { force: true })
      .pipe(Effect.catch((error) => Effect.logWarning(`${path} could not be removed: ${error.message}`)))
  )
  return { path, server: cluster.server }
})
