/** What a run wants to have back from its pod, and where it goes. Types only. */
import type { OutputLimits } from "./OutputLimits.ts"
import type { OutputSelection } from "./OutputPattern.ts"

/** What to bring back, and the folder of this machine that it is placed in. */
export interface OutputRequest {
  readonly selection: OutputSelection
  /** Created when there is something to place; a file that is there already is replaced. */
  readonly directory: string
  /** The most the pod may send; `outputLimits` when absent. */
  readonly limits?: OutputLimits
}
