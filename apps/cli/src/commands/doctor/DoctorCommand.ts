/**
 * What `podwright doctor` does once its flags are read: asks the cluster one question after the
 * other, and reports.
 */
import { AccessReview, KubeConnection, type KubeError, kubeLayer, Pods } from "@podwright/k8s-io"
import { explainPod, makeTask, type PodPlan, taskValues } from "@podwright/spec-builder"
import { Effect, Option, Result } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, PLATFORM } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { withServerNotices } from "../../report/ServerNotices.ts"
import { errorLines, reportError } from "../../report/TextReport.ts"
import { connectionOptions } from "../ConnectionFlags.ts"
import type { GivenFile } from "../GivenFile.ts"
import { renderedIdentity } from "../render/RenderedIdentity.ts"
import { renderedPods } from "../render/RenderedPods.ts"
import { doctorJson, doctorText, type Findings, isHealthy, type Trial } from "./DoctorReport.ts"
import { trialFindings } from "./DoctorTrial.ts"

/** The flags of the command, as given. */
export interface DoctorFlags extends Omit<GivenFile, "file"> {
  readonly file: Option.Option<string>
  readonly namespace: Option.Option<string>
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
  readonly format: "text" | "json"
}

/** A task whose pod is tried; the trial of one that has no file has no name. */
interface Tried {
  readonly task: string | null
  readonly plan: PodPlan
}

/** A task as most are: commands, in the shape that every property's default gives. */
const smallTask = makeTask({
  identity: renderedIdentity({ id: "doctor", namespace: "doctor" }, "doctor"),
  image: "busybox",
  commands: ["true"]
})

const tried = Effect.fnUntraced(function* (flags: DoctorFlags) {
  if (Option.isNone(flags.file)) {
    const { plan } = yield* Effect.fromResult(explainPod(taskValues(smallTask), smallTask.runner))
    return [{ task: null, plan }] satisfies ReadonlyArray<Tried>
  }
  const pods = yield* renderedPods({ ...flags, file: flags.file.value })
  return pods.map(({ declaration, pod }): Tried => ({ task: declaration.id, plan: pod.plan }))
})

/** Whether the answer is about the pod, and not about the way to the server. */
const isAboutPod = ({ reason }: KubeError): boolean =>
  reason._tag === "Forbidden" || reason._tag === "Invalid" || reason._tag === "BadRequest" || reason._tag === "NotFound"

/** The server's words; of an object refused field by field each field's. */
const wordsOf = ({ message, reason }: KubeError): ReadonlyArray<string> => {
  if (reason._tag === "Invalid" && reason.causes.some((cause) => cause.field !== ""))
    return reason.causes.map((cause) => `${cause.field}: ${cause.message}`)
  return ["detail" in reason ? reason.detail : message]
}

/** Tries the pod: sent as for a run, and never made. */
const tryPod = Effect.fnUntraced(function* (namespace: string, { plan, task }: Tried) {
  const pods = yield* Pods
  const place = plan.manifest.metadata.namespace ?? namespace
  const answer = yield* Effect.result(pods.tryCreate(place, { ...plan.manifest }))
  if (Result.isSuccess(answer)) {
    const warnings = answer.success.flatMap((words) => trialFindings(words, plan))
    return { task, namespace: place, refusals: [], warnings } satisfies Trial
  }
  if (!isAboutPod(answer.failure)) return yield* answer.failure
  const refusals = wordsOf(answer.failure).flatMap((words) => trialFindings(words, plan))
  return { task, namespace: place, refusals, warnings: [] } satisfies Trial
})

const examine = Effect.fnUntraced(function* (flags: DoctorFlags, tasks: ReadonlyArray<Tried>) {
  const connection = yield* KubeConnection
  const access = yield* AccessReview
  const problems: Array<string> = []
  const asked = <A, R>(question: Effect.Effect<A, KubeError, R>) =>
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
  // Without the right to create pods, every answer would be that.
  const trials = mayCreate ? yield* Effect.forEach(tasks, (task) => asked(tryPod(namespace, task))) : []
  return {
    ...known,
    version,
    ...(username === undefined ? {} : { username }),
    ...(permissions === undefined ? {} : { permissions }),
    trials: trials.filter((trial) => trial !== undefined),
    problems
  } satisfies Findings
})

export const doctorCommand = Effect.fnUntraced(function* (flags: DoctorFlags) {
  const tasks = yield* tried(flags).pipe(
    Effect.catch((error) =>
      Effect.andThen(
        writeStderr(reportError(errorLines(error)).text),
        Effect.fail(new CommandExit({ code: BAD_INPUT }))
      )
    )
  )
  const findings: Findings = yield* withServerNotices(examine(flags, tasks)).pipe(
    Effect.provide(kubeLayer(connectionOptions(flags))),
    Effect.catch((error) => Effect.succeed({ problems: [error.message] }))
  )
  yield* writeStdout(
    flags.format === "json" ? `${JSON.stringify(doctorJson(findings), null, 2)}\n` : doctorText(findings)
  )
  if (!isHealthy(findings)) return yield* new CommandExit({ code: PLATFORM })
})
