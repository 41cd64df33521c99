/**
 * The name of a task run's pod: readable, and the same for the same task run and attempt, so that
 * creating it twice finds the first one. Pure.
 */

import type { TaskIdentity } from "../task/TaskValues.ts"
import { sha256 } from "../values/Sha256.ts"

/** A DNS label (RFC 1123): a pod's name is also its host name, which Kubernetes cuts at 63. */
const MAXIMUM_LENGTH = 63
/**
 * Ten characters of 32 kinds are 50 bits: among a million runs of one task the chance of two equal
 * names is 1 in 2,000.
 */
const HASH_LENGTH = 10
/**
 * RFC 4648's base 32 in lower case: 256 is a multiple of its length, so a byte's remainder is even.
 */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
/** What is left when no character of the three names can be in a DNS label. */
const FALLBACK_SLUG = "task"

/**
 * Lower-case letters, digits and single dashes: marks are taken off letters, `_` and white space
 * become `-`, all else goes.
 */
export const slug = (text: string): string =>
  text
    .replace(/\s/g, "-")
    .normalize("NFD")
    .replace(/[^A-Za-z0-9_-]/g, "")
    .replace(/_/g, "-")
    .replace(/-+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase()

const shortHash = (text: string): string =>
  Array.from(sha256(text).subarray(0, HASH_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("")

/**
 * `slug(namespace-flow-task)` and a short hash of those, the task run's id and the attempt; at most
 * 63 characters.
 */
export const podName = (identity: TaskIdentity): string => {
  const { namespace, flowId, taskId, taskRunId, attempt } = identity
  const hash = shortHash(JSON.stringify([namespace, flowId, taskId, taskRunId, attempt]))
  const readable = slug(`${namespace}-${flowId}-${taskId}`)
    .slice(0, MAXIMUM_LENGTH - HASH_LENGTH - 1)
    .replace(/-$/, "")
  return `${readable === "" ? FALLBACK_SLUG : readable}-${hash}`
}
