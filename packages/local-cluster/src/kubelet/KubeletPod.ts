/**
 * The fields of a Pod that this kubelet acts on. The API server has validated the rest; what is not
 * named here has no effect on a local pod. Data only.
 */
import { Schema } from "effect"

const key = Schema.optionalKey
const strings = Schema.Array(Schema.String)
/** A quantity may be written as a number, e.g. `cpu: 2`. */
const amounts = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite]))

const SecurityContext = Schema.Struct({
  runAsUser: key(Schema.Int),
  runAsGroup: key(Schema.Int),
  supplementalGroups: key(Schema.Array(Schema.Int)),
  fsGroup: key(Schema.Int),
  readOnlyRootFilesystem: key(Schema.Boolean),
  allowPrivilegeEscalation: key(Schema.Boolean),
  capabilities: key(Schema.Struct({ add: key(strings), drop: key(strings) }))
})

const keyReference = key(Schema.Struct({ name: key(Schema.String), optional: key(Schema.Boolean) }))

const EnvVar = Schema.Struct({
  name: Schema.String,
  value: key(Schema.String),
  valueFrom: key(
    Schema.Struct({
      fieldRef: key(Schema.Struct({ fieldPath: Schema.String })),
      resourceFieldRef: key(
        Schema.Struct({
          resource: Schema.String,
          containerName: key(Schema.String),
          divisor: key(Schema.Union([Schema.String, Schema.Finite]))
        })
      ),
      configMapKeyRef: keyReference,
      secretKeyRef: keyReference
    })
  )
})

const ContainerSpec = Schema.Struct({
  name: Schema.String,
  image: key(Schema.String),
  imagePullPolicy: key(Schema.String),
  command: key(strings),
  args: key(strings),
  workingDir: key(Schema.String),
  env: key(Schema.Array(EnvVar)),
  envFrom: key(Schema.Array(Schema.Struct({ configMapRef: keyReference, secretRef: keyReference }))),
  volumeMounts: key(
    Schema.Array(
      Schema.Struct({
        name: Schema.String,
        mountPath: Schema.String,
        readOnly: key(Schema.Boolean),
        subPath: key(Schema.String)
      })
    )
  ),
  resources: key(Schema.Struct({ limits: key(amounts), requests: key(amounts) })),
  securityContext: key(SecurityContext),
  terminationMessagePath: key(Schema.String),
  terminationMessagePolicy: key(Schema.String),
  restartPolicy: key(Schema.String)
})

/** A pod as the kubelet and the scheduler read it. */
export const KubeletPod = Schema.Struct({
  metadata: Schema.Struct({
    name: Schema.String,
    namespace: Schema.String,
    uid: Schema.String,
    labels: key(Schema.Record(Schema.String, Schema.String)),
    annotations: key(Schema.Record(Schema.String, Schema.String)),
    deletionTimestamp: key(Schema.String),
    deletionGracePeriodSeconds: key(Schema.Finite)
  }),
  spec: Schema.Struct({
    nodeName: key(Schema.String),
    nodeSelector: key(Schema.Record(Schema.String, Schema.String)),
    restartPolicy: key(Schema.String),
    activeDeadlineSeconds: key(Schema.Finite),
    terminationGracePeriodSeconds: key(Schema.Finite),
    serviceAccountName: key(Schema.String),
    securityContext: key(SecurityContext),
    initContainers: key(Schema.Array(ContainerSpec)),
    containers: Schema.Array(ContainerSpec),
    volumes: key(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
  }),
  status: key(Schema.Struct({ phase: key(Schema.String), qosClass: key(Schema.String) }))
})

export type KubeletPod = typeof KubeletPod.Type
export type ContainerSpec = typeof ContainerSpec.Type

/** A native sidecar: an init container that continues while the main containers run. */
export const isSidecar = (container: ContainerSpec): boolean => container.restartPolicy === "Always"
