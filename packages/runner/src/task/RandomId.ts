/**
 * Ids that nobody looks up for a clash: of executions, task runs and drivers. Reads the machine's
 * random source.
 */
import { randomBytes } from "node:crypto"

/**
 * 20 hexadecimal digits, which names and labels of Kubernetes allow: 80 random bits make a clash as
 * good as impossible.
 */
export const randomId = (): string => randomBytes(10).toString("hex")
