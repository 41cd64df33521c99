/** What a pod may send, by the runner's `transfer` properties. Pure. */
import { type OutputLimits, outputLimits } from "@podwright/file-sync"
import { quantityNumber, type RunnerProperties } from "@podwright/spec-builder"

/** Limits that are not given are file-sync's. */
export const transferLimits = ({ maxBytes, maxDepth, maxEntries }: RunnerProperties["transfer"]): OutputLimits => ({
  ...outputLimits,
  ...(maxEntries === undefined ? {} : { entries: maxEntries }),
  ...(maxBytes === undefined ? {} : { bytes: quantityNumber(maxBytes) }),
  ...(maxDepth === undefined ? {} : { depth: maxDepth })
})
