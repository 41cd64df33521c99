/**
 * What `podwright doctor` found out, whether a run would work, and how that reads. Pure. The keys
 * of the JSON form are an interface that scripts read.
 */
import {
  isAskedFor,
  type ReviewedPermission,
  roleManifests,
  roleSubject,
  type ServerVersion,
  testedMinor,
  versionVerdict
} from "@podwright/k8s-io"
import { safeLines } from "../../report/TextReport.ts"
import { ROLE_NAME } from "../RoleName.ts"
import { objectsYaml } from "../render/ManifestYaml.ts"
import type { TrialFinding } from "./DoctorTrial.ts"

/** What a namespace says of the pod of one task. */
export interface Trial {
  /** The task's id; null for the small task that stands for all where no file is given. */
  readonly task: string | null
  /** Where its pod would run. */
  readonly namespace: string
  /** Why the server would not create the pod; none where it would. */
  readonly refusals: ReadonlyArray<TrialFinding>
  /** What the server warns of, though it would create the pod. */
  readonly warnings: ReadonlyArray<TrialFinding>
}

/** Everything that can be found out about a cluster; what is absent could not be asked. */
export interface Findings {
  /** Where the settings of the connection were found. */
  readonly source?: string
  readonly server?: string
  readonly namespace?: string
  readonly namespaceSource?: string
  readonly version?: ServerVersion
  /** Our name, as the server knows it. */
  readonly username?: string
  readonly permissions?: ReadonlyArray<ReviewedPermission>
  /** What the namespace says of each task's pod; absent or empty where none could be tried. */
  readonly trials?: ReadonlyArray<Trial>
  /** What was in the way, in the order of the questions. */
  readonly problems: ReadonlyArray<string>
}

const isNeeded = ({ version }: Findings, { permission }: ReviewedPermission): boolean =>
  permission.optional !== true && isAskedFor(permission, version?.minor)

/** The permissions without which a run would not work on this server. */
const missing = (findings: Findings): ReadonlyArray<ReviewedPermission> =>
  (findings.permissions ?? []).filter((reviewed) => !reviewed.allowed && isNeeded(findings, reviewed))

/** Would a run work? Yes only when everything could be asked and nothing is missing. */
export const isHealthy = (findings: Findings): boolean =>
  findings.problems.length === 0 &&
  findings.permissions !== undefined &&
  missing(findings).length === 0 &&
  (findings.trials ?? []).every(({ refusals }) => refusals.length === 0) &&
  findings.version !== undefined &&
  versionVerdict(findings.version) !== "TooOld"

const versionWords = (version: ServerVersion): string => {
  switch (versionVerdict(version)) {
    case "Supported":
      return "supported"
    case "Untested":
      return `newer than 1.${testedMinor}, with which podwright is tested`
    case "TooOld":
      return "too old: it silently drops misspelt fields of a pod, and podwright relies on their being refused"
  }
}

/**
 * The Role and its binding that would give all that is missing; undefined when nothing is, or
 * nobody knows to whom.
 */
const remedy = (findings: Findings): string | undefined =>
  missing(findings).length === 0 || findings.username === undefined || findings.namespace === undefined
    ? undefined
    : objectsYaml(
        roleManifests({
          name: ROLE_NAME,
          namespace: findings.namespace,
          subject: roleSubject(findings.username)
        })
      )

const permissionLine = (findings: Findings, reviewed: ReviewedPermission): string => {
  const { allowed, permission, reason } = reviewed
  const { resource, use, verb } = permission
  const asked = isAskedFor(permission, findings.version?.minor)
  const since =
    permission.sinceMinor === undefined
      ? ""
      : asked
        ? ` (Kubernetes 1.${permission.sinceMinor} and newer require it)`
        : ` (not required before Kubernetes 1.${permission.sinceMinor})`
  const without = allowed || permission.optional !== true ? "" : "; a run works without"
  const why = allowed || reason === undefined ? "" : `; the server says: ${reason}`
  const answer = allowed ? "yes" : isNeeded(findings, reviewed) ? "NO " : "no "
  return `  ${answer}  ${`${verb} ${resource}`.padEnd(18)}${use}${since}${without}${why}`
}

const trialLines = ({ namespace, refusals, task, warnings }: Trial): ReadonlyArray<string> => {
  const verdict = refusals.length > 0 ? "refuses" : "accepts"
  const finding = (word: string, { remedy, said }: TrialFinding) => [
    `  ${word.padEnd(11)}${said}`,
    ...(remedy === "" ? [] : [`  ${"".padEnd(11)}→ ${remedy}`])
  ]
  return [
    `pod          namespace ${namespace} ${verdict} the pod of ${task === null ? "a small task" : `task ${task}`}`,
    ...refusals.flatMap((one) => finding("refused", one)),
    ...warnings.flatMap((one) => finding("warning", one))
  ]
}

/** The findings for a person. */
export const doctorText = (findings: Findings): string => {
  const { namespace, namespaceSource, permissions, problems, server, source, trials, username, version } = findings
  const fix = remedy(findings)
  const lines = [
    ...(server === undefined ? [] : [`server       ${server}`]),
    ...(source === undefined ? [] : [`settings     ${source}`]),
    ...(username === undefined ? [] : [`user         ${username}, as the server knows it`]),
    ...(namespace === undefined ? [] : [`namespace    ${namespace} (${namespaceSource})`]),
    ...(version === undefined ? [] : [`version      ${version.gitVersion}, ${versionWords(version)}`]),
    ...(permissions === undefined
      ? []
      : ["permissions", ...permissions.map((reviewed) => permissionLine(findings, reviewed))]),
    ...(trials ?? []).flatMap(trialLines),
    ...problems.map((problem) => `problem      ${problem}`),
    ...(fix === undefined
      ? []
      : [
          "",
          "This Role adds the missing permissions. Somebody who may grant them applies it with `kubectl apply -f -`:",
          "",
          ...fix.trimEnd().split("\n"),
          ""
        ]),
    isHealthy(findings) ? "A run would work." : "A run would not work."
  ]
  return safeLines(lines)
}

/** The findings for a script. */
export const doctorJson = (findings: Findings): object => {
  const { namespace, permissions, problems, server, source, username, version } = findings
  return {
    ok: isHealthy(findings),
    connection: {
      server: server ?? null,
      source: source ?? null,
      user: username ?? null,
      namespace: namespace ?? null,
      namespaceSource: findings.namespaceSource ?? null
    },
    version: version === undefined ? null : { gitVersion: version.gitVersion, verdict: versionVerdict(version) },
    permissions: (permissions ?? []).map((reviewed) => ({
      verb: reviewed.permission.verb,
      resource: reviewed.permission.resource,
      use: reviewed.permission.use,
      needed: isNeeded(findings, reviewed),
      allowed: reviewed.allowed,
      reason: reviewed.reason ?? null
    })),
    pods: (findings.trials ?? []).map(({ namespace, refusals, task, warnings }) => ({
      task,
      namespace,
      accepted: refusals.length === 0,
      refusals,
      warnings
    })),
    problems,
    fix: remedy(findings) ?? null
  }
}
