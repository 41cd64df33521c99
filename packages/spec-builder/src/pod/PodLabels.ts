/**
 * Labels and annotations of a pod: whom it belongs to, in a form that label selectors take. Pure.
 */
import type { TaskIdentity } from "../task/TaskValues.ts"

/** The prefix of every label and annotation of ours. */
export const LABEL_PREFIX = "podwright.dev/"
/**
 * The label that holds the task run's id. Every pod of ours carries it, so a list by it finds them
 * all.
 */
export const TASK_RUN_LABEL = `${LABEL_PREFIX}taskrun-id`
/** Annotation: SHA-256 of the pod's spec as it was built. */
export const SPEC_HASH_ANNOTATION = `${LABEL_PREFIX}spec-hash`

/** Annotation: who drives the pod and until when, as JSON; the runner writes and renews it. */
export const LEASE_ANNOTATION = `${LABEL_PREFIX}lease`

/** Annotation: who asks that the run be cancelled, and when, as JSON; its driver reads it. */
export const CANCEL_ANNOTATION = `${LABEL_PREFIX}cancel`

/**
 * Annotation: the container that kubectl uses when it is given none. Without it kubectl uses the
 * first container, which is the helper.
 */
export const DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"

/** The longest label value that Kubernetes takes. */
const MAXIMUM_LENGTH = 63

/**
 * The nearest valid label value: other characters than letters, digits, `-`, `_` and `.` become
 * `-`, at most 63 of them, with a letter or digit at both ends. Different texts can come out equal,
 * so a selector narrows a search but proves no identity.
 */
export const labelValue = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9_.-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAXIMUM_LENGTH)
    .replace(/[^A-Za-z0-9]+$/, "")

/** The six labels that every pod of ours carries. */
export const identityLabels = (identity: TaskIdentity): Readonly<Record<string, string>> => ({
  [`${LABEL_PREFIX}namespace`]: labelValue(identity.namespace),
  [`${LABEL_PREFIX}flow-id`]: labelValue(identity.flowId),
  [`${LABEL_PREFIX}task-id`]: labelValue(identity.taskId),
  [`${LABEL_PREFIX}execution-id`]: labelValue(identity.executionId),
  [TASK_RUN_LABEL]: labelValue(identity.taskRunId),
  [`${LABEL_PREFIX}taskrun-attempt`]: labelValue(String(identity.attempt))
})
