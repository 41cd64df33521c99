/**
 * What this program can do about an error of the libraries, which do not know its options. Decides
 * by tags alone. Pure.
 */
import type { FileRunError } from "./JsonReport.ts"

/** One sentence with a space before it, to follow the error's own words; empty where there is none. */
export const runAdvice = (error: FileRunError): string => {
  if (error._tag !== "RunError" || error.reason._tag !== "Kube") return ""
  const { reason } = error.reason.error
  return reason._tag === "Config" && reason.missing === "cluster"
    ? " Without a cluster, --local runs the file on this machine (Linux)."
    : ""
}
