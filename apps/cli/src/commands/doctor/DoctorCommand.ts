/**
 * What `podwright doctor` does once its flags are read: asks the cluster one question after the
 * other, and reports.
 */
import { AccessReview, KubeConnection, type KubeError, kubeLayer, Pods } from "@podwright/k8s-io"
import { Effect, Option, Result } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { PLATFORM } from "../../ExitCode.ts"
import { writeStdout } from "../../ProcessOutput.ts"
import { withServerNotices } from "../../report/ServerNotices.ts"
import { connectionOptions } from "../ConnectionFlags.ts"
import { doctorJson, doctorText, type Findings, isHealthy } from "./DoctorReport.ts"

/** The flags of the command, as given. */
export interface DoctorFlags {
  readonly namespace: Option.Option<string>
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
  readonly format: "text" | "json"
}

/**
 * A pod that is never made: a server that would refuse every pod (no such namespace, a quota, a
 * policy) says so.
 */
const trialPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "podwright-doctor" },
  spec: {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "main",
        image: "busybox",
        command: ["true"],
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "16Mi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }
      }
    ]
  }
}

const examine = Effect.fnUntraced(function* (flags: DoctorFlags) {
  const connection = yield* KubeConnection
  const access = yield* AccessReview
  const pods = yield* Pods
  const problems: Array<string> = []
  const asked = <A>(question: Effect.Effect<A, KubeError>) =>
    Effect.map(Effect.result(question), (answer) => {
      if (Result.isSuccess(answer)) return answer.success
      problems.push(answer.failure.message)
      return undefined
    })
  const namespace = Option.getOrElse(flags.namespace, () => connection.namespace)
  const known = {
    source: connection.source,
    server: connection.server.href.replace(/\/$/, ""),
    namespace,
    namespaceSource: Option.isSome(flags.namespace) ? "--namespace" : "of the connection; `default` when it names none"
  }
  const version = yield* asked(access.version)
  // A server that does not answer one question is not asked the next: each would take its retries.
  if (version === undefined) return { ...known, problems } satisfies Findings
  const [username, permissions] = yield* Effect.all([asked(access.username), asked(access.review(namespace))], {
    concurrency: "unbounded"
  })
  const mayCreate = permissions?.some(
    ({ allowed, permission }) => allowed && permission.verb === "create" && permission.resource === "pods"
  )
  if (mayCreate) yield* asked(pods.tryCreate(namespace, trialPod))
  return {
    ...known,
    version,
    ...(username === undefined ? {} : { username }),
    ...(permissions === undefined ? {} : { permissions }),
    problems
  } satisfies Findings
})

export const doctorCommand = Effect.fnUntraced(function* (flags: DoctorFlags) {
  const findings: Findings = yield* withServerNotices(examine(flags)).pipe(
    Effect.provide(kubeLayer(connectionOptions(flags))),
    Effect.catch((error) => Effect.succeed({ problems: [error.message] }))
  )
  yield* writeStdout(
    flags.format === "json" ? `${JSON.stringify(doctorJson(findings), null, 2)}\n` : doctorText(findings)
  )
  if (!isHealthy(findings)) return yield* new CommandExit({ code: PLATFORM })
})
