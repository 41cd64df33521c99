/**
 * What a run needs to be allowed, in one table: `AccessReview` asks for it, the Role that is handed
 * out is made of it, and tests hold the guide and the test cluster's role to it. Pure.
 */

/**
 * One right in a namespace, in RBAC's words, and what a run does with it. All are of the core API
 * group.
 */
export interface Permission {
  readonly verb: string
  /** `pods`, or a subresource like `pods/exec`. */
  readonly resource: string
  /** What fails without it. */
  readonly use: string
  /** First minor version of Kubernetes 1 that asks for it; older ones do without. */
  readonly sinceMinor?: number
  /** A run works without it, and reports less. */
  readonly optional?: true
}

const exec = "bring files and log lines in and out of the pod"
const lease = "renew the lease that says who drives the pod, and take it over from a driver that has died"
const events = "report what a starting pod waits for (image pulls, volumes, back-off)"

/**
 * Everything a run may ask the API server for. `pods/exec` takes two verbs: the WebSocket's opening
 * is a GET, and since 1.35 (feature gate AuthorizePodWebsocketUpgradeCreatePermission, KEP-4006) it
 * needs `create` as well, as a POST always did.
 */
export const permissions: ReadonlyArray<Permission> = [
  { verb: "create", resource: "pods", use: "start the pod" },
  { verb: "get", resource: "pods", use: "find out whether a lost answer created our pod" },
  { verb: "list", resource: "pods", use: "follow pods" },
  { verb: "watch", resource: "pods", use: "follow pods" },
  { verb: "delete", resource: "pods", use: "leave no pod behind" },
  { verb: "patch", resource: "pods", use: lease, optional: true },
  { verb: "get", resource: "pods/exec", use: exec },
  { verb: "create", resource: "pods/exec", use: exec, sinceMinor: 35 },
  { verb: "get", resource: "pods/log", use: "read the log of tasks without a shell, and with `logs: kubelet`" },
  { verb: "list", resource: "events", use: events, optional: true },
  { verb: "watch", resource: "events", use: events, optional: true }
]

/**
 * Everything that looking at the runs of others may ask for, and acting on them: `Executions` of the
 * runner. It creates no pods.
 */
export const operatorPermissions: ReadonlyArray<Permission> = [
  { verb: "get", resource: "pods", use: "look at one pod again" },
  { verb: "list", resource: "pods", use: "find pods by their labels" },
  { verb: "watch", resource: "pods", use: "follow pods" },
  { verb: "patch", resource: "pods", use: "ask a driver to cancel its run" },
  { verb: "delete", resource: "pods", use: "cancel a run that nobody drives" },
  { verb: "get", resource: "pods/exec", use: "read logs from the pod's volume, and look into it" },
  {
    verb: "create",
    resource: "pods/exec",
    use: "read logs from the pod's volume, and look into it",
    sinceMinor: 35
  },
  { verb: "get", resource: "pods/log", use: "read the logs of pods without a volume" }
]

/** For whom a Role is. */
export type RolePurpose = "runs" | "operator"

/**
 * Does a server of this minor version ask for the permission? An unknown version is taken for a new
 * one.
 */
export const isAskedFor = ({ sinceMinor = 0 }: Permission, minor = Number.POSITIVE_INFINITY): boolean =>
  minor >= sinceMinor

/** A rule of a Role, as in `rbac.authorization.k8s.io/v1`. */
export interface RoleRule {
  readonly apiGroups: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
  readonly verbs: ReadonlyArray<string>
}

/**
 * What a Role must grant for runs to work and to tell all they can, or for looking at them and acting
 * on them from elsewhere; one rule for each resource.
 */
export const roleRules = (purpose: RolePurpose = "runs"): ReadonlyArray<RoleRule> =>
  [...Map.groupBy(purpose === "runs" ? permissions : operatorPermissions, ({ resource }) => resource)].map(
    ([resource, needed]) => ({
      apiGroups: [""],
      resources: [resource],
      verbs: needed.map(({ verb }) => verb)
    })
  )

/** Who is given a Role. A service account without a namespace is of the Role's own. */
export type RoleSubject =
  | { readonly _tag: "ServiceAccount"; readonly name: string; readonly namespace?: string }
  | { readonly _tag: "User"; readonly name: string }

const serviceAccountUser = /^system:serviceaccount:([^:]+):([^:]+)$/

/**
 * The subject that an API server's user name stands for; service accounts have names of their own
 * form.
 */
export const roleSubject = (username: string): RoleSubject => {
  const [, namespace, name] = serviceAccountUser.exec(username) ?? []
  return name === undefined || namespace === undefined
    ? { _tag: "User", name: username }
    : { _tag: "ServiceAccount", name, namespace }
}

const apiGroup = "rbac.authorization.k8s.io"

/** A Role to make: its name (the RoleBinding's as well), where it is to be, and who is given it. */
export interface RoleRequest {
  readonly name: string
  readonly namespace: string
  readonly subject: RoleSubject
  /** Default: `runs`. */
  readonly purpose?: RolePurpose
}

/**
 * The Role and the RoleBinding by which `subject` may run tasks in `namespace`, or operate the runs
 * of others there, ready for `kubectl apply`.
 */
export const roleManifests = ({
  name,
  namespace,
  purpose,
  subject
}: RoleRequest): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const metadata = { name, namespace }
  return [
    { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules: roleRules(purpose) },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name },
      subjects: [
        subject._tag === "User"
          ? { apiGroup, kind: "User", name: subject.name }
          : { kind: "ServiceAccount", name: subject.name, namespace: subject.namespace ?? namespace }
      ]
    }
  ]
}
