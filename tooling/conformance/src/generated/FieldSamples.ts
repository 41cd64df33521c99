/**
 * A valid value or two for every field of a Pod's spec and of a container in Kubernetes 1.35, as a
 * user would write it. Data. `real/specs.test.ts` checks that no field is missing, and builds pods
 * of them.
 */
import type { Json, JsonObject } from "@podwright/spec-builder"

export interface FieldSample {
  /** Any two of them may meet in different layers of one container. */
  readonly values: readonly [Json, ...Array<Json>]
  /** What else the pod's spec must say. */
  readonly beside?: JsonObject
  /**
   * The protocol or the place decides these of main and helper: only containers of the user's have
   * them.
   */
  readonly usersOnly?: true
  /** What the API server says where it takes none on create. */
  readonly refused?: RegExp
  /** Behind a feature gate that is off by default: the server takes it and drops it. */
  readonly dropped?: true
}

const exec = { exec: { command: ["true"] } }
const httpGet = { httpGet: { path: "/", port: 8080 } }

export const CONTAINER_SAMPLES: Readonly<Record<string, FieldSample>> = {
  args: { values: [["-c", "true"]], usersOnly: true },
  command: { values: [["sh"]], usersOnly: true },
  env: {
    values: [
      [
        { name: "A", value: "1" },
        { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }
      ],
      [
        { name: "B", value: "$(A)" },
        { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } }
      ]
    ]
  },
  envFrom: {
    values: [
      [{ configMapRef: { name: "c", optional: true } }],
      [{ prefix: "P_", secretRef: { name: "s", optional: true } }]
    ]
  },
  image: { values: ["busybox"] },
  imagePullPolicy: { values: ["IfNotPresent", "Always"] },
  lifecycle: { values: [{ preStop: exec }, { postStart: exec, preStop: { sleep: { seconds: 1 } } }] },
  livenessProbe: { values: [{ ...exec, periodSeconds: 5 }, httpGet] },
  name: { values: ["renamed"], usersOnly: true },
  ports: {
    values: [
      [{ containerPort: 8080, name: "web" }],
      [
        { containerPort: 8080, protocol: "UDP" },
        { containerPort: 8443, name: "tls" }
      ]
    ]
  },
  readinessProbe: { values: [{ ...httpGet, successThreshold: 2 }, { tcpSocket: { port: 8080 } }] },
  resizePolicy: {
    values: [
      [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
      [
        { resourceName: "cpu", restartPolicy: "NotRequired" },
        { resourceName: "memory", restartPolicy: "NotRequired" }
      ]
    ]
  },
  resources: {
    values: [
      { requests: { cpu: "100m", memory: "64Mi" } },
      { limits: { cpu: "1", memory: "256Mi", "ephemeral-storage": "1Gi" } }
    ]
  },
  restartPolicy: { values: ["OnFailure", "Always"], usersOnly: true },
  restartPolicyRules: {
    values: [[{ action: "Restart", exitCodes: { operator: "In", values: [42] } }]],
    usersOnly: true
  },
  securityContext: {
    values: [
      { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000 },
      { privileged: true },
      { capabilities: { add: ["SYS_ADMIN"], drop: ["NET_RAW"] } },
      { seccompProfile: { type: "Localhost", localhostProfile: "p.json" }, readOnlyRootFilesystem: false }
    ]
  },
  startupProbe: { values: [{ ...exec, failureThreshold: 10 }, { grpc: { port: 9090, service: "s" } }] },
  stdin: { values: [true, false] },
  stdinOnce: { values: [true, false] },
  terminationMessagePath: { values: ["/tmp/message", "/dev/termination-log"] },
  terminationMessagePolicy: { values: ["FallbackToLogsOnError", "File"] },
  tty: { values: [true, false] },
  volumeDevices: {
    values: [[{ name: "block", devicePath: "/dev/xvda" }]],
    beside: { volumes: [{ name: "block", persistentVolumeClaim: { claimName: "block" } }] }
  },
  volumeMounts: {
    values: [
      [{ name: "data", mountPath: "/data", readOnly: true }],
      [
        { name: "data", mountPath: "/data", subPath: "a" },
        { name: "data", mountPath: "/more" }
      ]
    ],
    beside: { volumes: [{ name: "data", emptyDir: {} }] }
  },
  workingDir: { values: ["/srv"], usersOnly: true }
}

/** Made by the test: without it the server refuses pods that name it. */
export const RUNTIME_CLASS = "podwright-specs"

const labelSelector = { matchLabels: { app: "x" } }

export const POD_SAMPLES: Readonly<Record<string, FieldSample>> = {
  activeDeadlineSeconds: { values: [60] },
  affinity: {
    values: [
      {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }]
          }
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector } }
          ]
        }
      }
    ]
  },
  automountServiceAccountToken: { values: [true, false] },
  containers: {
    values: [
      [{ name: "proxy", image: "busybox" }],
      [
        { name: "main", tty: true },
        { name: "other", image: "busybox" }
      ]
    ]
  },
  dnsConfig: { values: [{ nameservers: ["1.1.1.1"], searches: ["a.b"], options: [{ name: "ndots", value: "2" }] }] },
  dnsPolicy: { values: ["Default", "ClusterFirstWithHostNet"] },
  enableServiceLinks: { values: [false] },
  ephemeralContainers: { values: [[{ name: "debug", image: "busybox" }]], refused: /ephemeral ?containers/i },
  hostAliases: { values: [[{ ip: "10.0.0.1", hostnames: ["a", "b"] }]] },
  hostIPC: { values: [true] },
  hostNetwork: { values: [true] },
  hostPID: { values: [true] },
  hostUsers: { values: [false] },
  hostname: { values: ["host"] },
  hostnameOverride: { values: ["host.example"] },
  imagePullSecrets: { values: [[{ name: "registry" }]] },
  initContainers: {
    values: [
      [{ name: "prepare", image: "busybox", command: ["true"] }],
      [{ name: "mesh", image: "busybox", restartPolicy: "Always", readinessProbe: exec }]
    ]
  },
  nodeName: { values: ["node1"] },
  nodeSelector: { values: [{ "kubernetes.io/os": "linux" }] },
  os: { values: [{ name: "linux" }] },
  overhead: { values: [{ cpu: "10m" }], beside: { runtimeClassName: RUNTIME_CLASS } },
  preemptionPolicy: { values: ["PreemptLowerPriority"] },
  priority: { values: [0] },
  priorityClassName: { values: ["system-node-critical"] },
  readinessGates: { values: [[{ conditionType: "example.com/ready" }]] },
  resourceClaims: { values: [[{ name: "gpu", resourceClaimTemplateName: "gpu" }]] },
  resources: { values: [{ limits: { cpu: "64", memory: "64Gi" } }] },
  restartPolicy: { values: ["Never"] },
  runtimeClassName: { values: [RUNTIME_CLASS] },
  schedulerName: { values: ["other"] },
  schedulingGates: { values: [[{ name: "example.com/gate" }]] },
  securityContext: {
    values: [
      { runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000, fsGroupChangePolicy: "OnRootMismatch" },
      { supplementalGroups: [3000], supplementalGroupsPolicy: "Merge", seccompProfile: { type: "Unconfined" } },
      { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }], appArmorProfile: { type: "Unconfined" } },
      { seLinuxOptions: { level: "s0:c1,c2" }, seLinuxChangePolicy: "Recursive", runAsGroup: 5 }
    ]
  },
  serviceAccount: { values: ["default"] },
  serviceAccountName: { values: ["default"] },
  setHostnameAsFQDN: { values: [true] },
  shareProcessNamespace: { values: [true] },
  subdomain: { values: ["sub"] },
  terminationGracePeriodSeconds: { values: [5] },
  tolerations: { values: [[{ key: "spot", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }]] },
  topologySpreadConstraints: {
    values: [
      [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector,
          matchLabelKeys: ["app2"]
        }
      ]
    ]
  },
  volumes: {
    values: [
      [
        { name: "config", configMap: { name: "c", items: [{ key: "k", path: "p" }], optional: true } },
        { name: "scratch", emptyDir: { sizeLimit: "1Gi", medium: "Memory" } }
      ],
      [
        {
          name: "all",
          projected: {
            sources: [{ downwardAPI: { items: [{ path: "n", fieldRef: { fieldPath: "metadata.name" } }] } }]
          }
        },
        {
          name: "own",
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } }
            }
          }
        }
      ]
    ]
  },
  workloadRef: { values: [{ name: "w", podGroup: "g" }], dropped: true }
}

/** Of two fields that the API does not take together, the second one is left out. */
export const EXCLUSIVE_POD_FIELDS: ReadonlyArray<readonly [string, string]> = [
  ["nodeName", "schedulingGates"],
  ["setHostnameAsFQDN", "hostnameOverride"],
  ["hostNetwork", "hostnameOverride"],
  ["hostNetwork", "hostUsers"],
  ["hostPID", "hostUsers"],
  ["hostIPC", "hostUsers"],
  ["hostPID", "shareProcessNamespace"],
  ["priority", "priorityClassName"],
  // One of its values sets a sysctl of the IPC namespace.
  ["securityContext", "hostIPC"]
]
