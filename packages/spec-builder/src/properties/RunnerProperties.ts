/**
 * The runner's properties by the names of the reference: the one source of their types, their
 * checks, their defaults and the words that explain them. What a property does is decided elsewhere
 * (`PodBuilder.ts` for the manifest, the runner for the rest); `RunnerDecoding.ts` reads them from
 * a file's values, `RunnerReference.ts` makes JSON Schema and tables.
 */

import { Effect, Schema } from "effect"
import { shownValue } from "../error/PathText.ts"
import { PACKAGE_VERSION, VERSION_PATTERN, versionMatches } from "../PackageVersion.ts"
import { JsonValue } from "../values/Json.ts"
import { Quantity } from "../values/Quantity.ts"
import { RunDuration } from "../values/RunDuration.ts"
import { ConnectionProperties } from "./ConnectionProperties.ts"
import { BooleanOrText, Count, duration, flag, Name, Namespace, optional, positive, Texts } from "./PropertySchema.ts"

/** A fragment of a Kubernetes object: any JSON object; the API server judges its fields. */
const Fragment = Schema.Record(Schema.String, JsonValue)
const Quantities = Schema.Record(Schema.String, Quantity)

const version = Schema.String.check(
  Schema.makeFilter(
    (asked: string) => {
      if (versionMatches(asked, PACKAGE_VERSION)) return undefined
      return VERSION_PATTERN.test(asked)
        ? `the file asks for podwright ${asked}, and this is version ${PACKAGE_VERSION}`
        : `expected MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH[-qualifier] such as ${PACKAGE_VERSION}, not '${shownValue(asked)}'`
    },
    { toJsonSchema: () => [{ pattern: VERSION_PATTERN.source }, true] }
  )
)

export const FileSidecarProperties = Schema.Struct({
  image: optional(Name, "image", "Image of the helper. It needs `sh` and the tools that move files.", "busybox"),
  resources: Schema.optionalKey(
    Schema.Struct({
      requests: optional(Quantities, "quantities", "The helper's resource requests, by resource name."),
      limits: optional(Quantities, "quantities", "The helper's resource limits, by resource name."),
      claims: optional(Schema.Array(JsonValue), "list", "Claims of dynamic resources, as in Kubernetes."),
      request: optional(Quantities, "quantities", "The same as `requests`, under the name that `resources` uses."),
      limit: optional(Quantities, "quantities", "The same as `limits`, under the name that `resources` uses.")
    }).pipe(Schema.annotateEncoded({ title: "object", description: "Resources of the helper." }))
  ),
  defaultSpec: optional(Fragment, "container fields", "Replaces `containerDefaultSpec` for the helper.")
})

export const ResourceProperties = Schema.Struct({
  request: optional(Quantities, "quantities", "Main's resource requests: `cpu`, `memory` or any other resource name."),
  limit: optional(Quantities, "quantities", "Main's resource limits: `cpu`, `memory` or any other resource name.")
})

export const VolumeProperties = Schema.Struct({
  sizeLimit: optional(Quantity, "quantity", "The most space that inputs, outputs and log may use together."),
  medium: optional(
    Schema.Literals(["", "Memory"]),
    "medium",
    "`Memory` keeps the files in memory, which counts as main's memory."
  )
})

export const TransferProperties = Schema.Struct({
  compression: optional(
    Schema.Literals(["none", "gzip"]),
    "none or gzip",
    "How files are compressed on their way in and out. `gzip` helps with text on a slow network; the helper's image must have it.",
    "none"
  ),
  maxEntries: optional(
    Count,
    "count",
    "The most files, folders and links, together, that are accepted from the pod.",
    1_000_000
  ),
  maxBytes: optional(Quantity, "quantity", "The most bytes of all files that are accepted from the pod.", "1Ti"),
  maxDepth: optional(Count, "count", "The most folders above a file that is accepted from the pod.", 128)
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
        description:
          "The connection to the cluster. Its fields override those of the kubeconfig or of the pod's service account."
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
      description:
        "Whether the pod is deleted at the end of a run. The pod of a cancelled or timed-out run is always deleted.",
      default: true
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(true as const))
  ),
  fileSideCarSpec: optional(Fragment, "container fields", "Merged into the helper."),
  fileSidecar: FileSidecarProperties.pipe(
    Schema.annotateEncoded({ title: "object", description: "The helper container, which moves files in and out." }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  labels: Texts.pipe(
    Schema.annotateEncoded({ title: "texts", description: "Labels of the pod; those of podwright cannot be changed." }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  namespace: optional(
    Namespace,
    "name",
    "The pod's namespace. Absent: the namespace of the kubeconfig's context, or `default` when it names none.",
    "default"
  ),
  nodeSelector: optional(Texts, "texts", "Labels that the node must have."),
  podSpec: optional(
    Fragment,
    "pod spec fields",
    "Merged into the pod's spec. A container named `main` gives defaults for main; other containers run beside it."
  ),
  pullPolicy: optional(
    Schema.Literals(["ALWAYS", "IF_NOT_PRESENT", "NEVER"]),
    "ALWAYS, IF_NOT_PRESENT or NEVER",
    "When the images of main and helper are pulled. If this is not set, the helper's image is pulled only where it is missing.",
    "ALWAYS"
  ),
  resources: Schema.optionalKey(
    ResourceProperties.pipe(Schema.annotateEncoded({ title: "object", description: "Resources of main." }))
  ),
  resume: flag(
    true,
    "Whether a run takes over the pod that an earlier driver of the same task run abandoned or released."
  ),
  serviceAccountName: optional(Name, "name", "The pod's service account; without one the pod gets no token."),
  syncWorkingDirectory: flag(false, "Whether the whole working folder is collected, inputs included."),
  version: optional(
    version,
    "version",
    "The version of podwright that the file is for: MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH[-qualifier]."
  ),
  waitForLogs: duration(RunDuration, "PT30S", "How long to wait for late log lines once main has ended."),
  waitUntilCompletion: duration(positive, "PT1H", "How long the task may run, when it has no `timeout` of its own."),
  waitUntilRunning: duration(positive, "PT10M", "How long the pod may take to start."),
  logs: optional(
    Schema.Literals(["volume", "kubelet"]),
    "volume or kubelet",
    "Where log lines are read from. Absent: the volume where the pod's shape allows it, else the kubelet. Podwright's own."
  ),
  onSpecChange: Schema.Literals(["fail", "replace"]).pipe(
    Schema.annotateEncoded({
      title: "fail or replace",
      description: "What `resume` does with the task run's pod if its spec differs. Podwright's own.",
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
      description: "How files are transferred, and the limits on what a pod may send. Podwright's own."
    }),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  )
})
/** The runner's properties, decoded: with defaults, durations as `Duration`. */
export type RunnerProperties = typeof RunnerProperties.Type
