/**
 * The runner's properties by the names of the reference: the one source of their types, their
 * checks, their defaults and the words that explain them. What a property does is decided elsewhere
 * (`PodBuilder.ts` for the manifest, the runner for the rest); `RunnerDecoding.ts` reads them from
 * a file's values, `RunnerReference.ts` makes JSON Schema and tables.
 */
import { Effect, Schema } from "effect"
import { PACKAGE_VERSION, VERSION_PATTERN, versionMatches } from "../PackageVersion.ts"
import { Quantity } from "../values/Quantity.ts"
import { RunDuration } from "../values/RunDuration.ts"
import { ConnectionProperties } from "./ConnectionProperties.ts"
import { BooleanOrText, Count, duration, flag, Name, Namespace, optional, positive, Texts } from "./PropertySchema.ts"

/** A fragment of a Kubernetes object: any JSON object; the API server judges its fields. */
const Fragment = Schema.Record(Schema.String, Schema.Json)
const Quantities = Schema.Record(Schema.String, Quantity)

const version = Schema.String.check(
  Schema.makeFilter(
    (asked: string) => {
      if (versionMatches(asked, PACKAGE_VERSION)) return undefined
      return VERSION_PATTERN.test(asked)
        ? `this is version ${PACKAGE_VERSION}, and the file asks for ${asked}`
        : `expected MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH[-qualifier] such as ${PACKAGE_VERSION}, not '${asked}'`
    },
    { toJsonSchema: () => [{ pattern: VERSION_PATTERN.source }, true] }
  )
)

export const FileSidecarProperties = Schema.Struct({
  image: optional(Name, "image", "Image of the helper. It needs `sh` and the tools that move files.", "busybox"),
  resources: Schema.optionalKey(
    Schema.Struct({
      requests: optional(Quantities, "quantities", "What the helper asks for, by resource name."),
      limits: optional(Quantities, "quantities", "What the helper may use at most, by resource name."),
      claims: optional(Schema.Array(Schema.Json), "list", "Claims of dynamic resources, as Kubernetes has them."),
      request: optional(Quantities, "quantities", "The same as `requests`, by the name that `resources` uses."),
      limit: optional(Quantities, "quantities", "The same as `limits`, by the name that `resources` uses.")
    }).pipe(Schema.annotateEncoded({ title: "object", description: "Resources of the helper." }))
  ),
  defaultSpec: optional(Fragment, "container fields", "Stands in for `containerDefaultSpec` in the helper.")
})

export const ResourceProperties = Schema.Struct({
  request: optional(Quantities, "quantities", "What main asks for: `cpu`, `memory` or any other resource name."),
  limit: optional(Quantities, "quantities", "What main may use at most: `cpu`, `memory` or any other resource name.")
})

export const VolumeProperties = Schema.Struct({
  sizeLimit: optional(Quantity, "quantity", "The most that inputs, outputs and log may take together."),
  medium: optional(
    Schema.Literals(["", "Memory"]),
    "medium",
    "`Memory` keeps the files in memory; it counts as main's."
  )
})

export const TransferProperties = Schema.Struct({
  compression: optional(
    Schema.Literals(["none", "gzip"]),
    "none or gzip",
    "How files travel, both ways. `gzip` pays for text on a slow network; the helper needs it, too.",
    "none"
  ),
  maxEntries: optional(Count, "count", "Files, folders and links that are taken from the pod, together.", 1_000_000),
  maxBytes: optional(Quantity, "quantity", "Bytes of all files that are taken from the pod.", "1Ti"),
  maxDepth: optional(Count, "count", "Folders above a file that is taken from the pod.", 128)
})

/**
 * Every property of the runner. Absent keys stay absent where the default is somebody else's to
 * decide.
 */
export const RunnerProperties = Schema.Struct({
  config: Schema.optionalKey(
    ConnectionProperties.pipe(
      Schema.annotateEncoded({
        title: "object",
        description: "The connection to the cluster; adds to the one that kubeconfig or cluster give."
      })
    )
  ),
  containerDefaultSpec: optional(
    Fragment,
    "container fields",
    "Defaults for every container of the pod: main, helper, and those of `podSpec`."
  ),
  containerSpec: optional(Fragment, "container fields", "Merged into main."),
  delete: Schema.Union([BooleanOrText, Schema.Literal("onSuccess")]).pipe(
    Schema.annotateEncoded({
      title: "boolean or onSuccess",
      description: "Whether the pod is deleted at the end of a run; one that is cancelled or out of time always is.",
      default: true
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(true as const))
  ),
  fileSideCarSpec: optional(Fragment, "container fields", "Merged into the helper."),
  fileSidecar: FileSidecarProperties.pipe(
    Schema.annotateEncoded({ title: "object", description: "The helper, which brings files in and out." }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  labels: Texts.pipe(
    Schema.annotateEncoded({ title: "texts", description: "Labels of the pod; those of podwright cannot be changed." }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  namespace: optional(
    Namespace,
    "name",
    "Where the pod runs. Absent: the namespace of the kubeconfig's context, `default` when it names none.",
    "default"
  ),
  nodeSelector: optional(Texts, "texts", "Labels that the node must have."),
  podSpec: optional(
    Fragment,
    "pod spec fields",
    "Merged into the pod's spec; a container named `main` gives defaults for main, others run beside it."
  ),
  pullPolicy: optional(
    Schema.Literals(["ALWAYS", "IF_NOT_PRESENT", "NEVER"]),
    "ALWAYS, IF_NOT_PRESENT or NEVER",
    "When the images of main and helper are pulled. Not set, the helper's is pulled only where it is missing.",
    "ALWAYS"
  ),
  resources: Schema.optionalKey(
    ResourceProperties.pipe(Schema.annotateEncoded({ title: "object", description: "Resources of main." }))
  ),
  resume: flag(true, "Whether a pod that an earlier driver of the same task run has left is taken over."),
  serviceAccountName: optional(Name, "name", "The pod's service account; without one the pod gets no token."),
  syncWorkingDirectory: flag(false, "Whether the whole working folder comes back, inputs included."),
  version: optional(
    version,
    "version",
    "The version of podwright that the file is for: MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH[-qualifier]."
  ),
  waitForLogs: duration(RunDuration, "PT30S", "Ceiling for late log lines once main has ended."),
  waitUntilCompletion: duration(positive, "PT1H", "How long the task may run, when it has no `timeout` of its own."),
  waitUntilRunning: duration(positive, "PT10M", "How long the pod may take to start."),
  logs: optional(
    Schema.Literals(["volume", "kubelet"]),
    "volume or kubelet",
    "Where log lines are read from. Absent: as the pod's shape allows, the volume first. Podwright's own."
  ),
  onSpecChange: Schema.Literals(["fail", "replace"]).pipe(
    Schema.annotateEncoded({
      title: "fail or replace",
      description: "What `resume` does with a pod of the same task run that has another spec. Podwright's own.",
      default: "fail"
    }),
    Schema.withDecodingDefaultKey(Effect.succeed("fail" as const))
  ),
  volume: VolumeProperties.pipe(
    Schema.annotateEncoded({ title: "object", description: "The volume that main and helper share. Podwright's own." }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  transfer: TransferProperties.pipe(
    Schema.annotateEncoded({
      title: "object",
      description: "How files travel, and what a pod may send before it is refused. Podwright's own."
    }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  )
})
/** The runner's properties, decoded: with defaults, durations as `Duration`. */
export type RunnerProperties = typeof RunnerProperties.Type
