/** A cause of each kind that tests of attempts speak of, its facts as small as they can be. */
import type { DiagnosisCause } from "../../src/diagnosis/DiagnosisCause.ts"

const lost = { node: "node1", reason: "r", said: "" }

export const causes = {
  Evicted: { _tag: "Evicted", ...lost },
  StorageLimit: { _tag: "StorageLimit", node: "node1", limit: "Pod", name: null, said: "" },
  Preempted: { _tag: "Preempted", ...lost },
  NodeLost: { _tag: "NodeLost", ...lost },
  NodeRefused: { _tag: "NodeRefused", ...lost },
  Deleted: { _tag: "Deleted", node: "node1" },
  ImagePull: { _tag: "ImagePull", container: "main", image: "i", said: "" },
  ImageName: { _tag: "ImageName", container: "main", image: "i", reason: "InvalidImageName", said: "" },
  CommandNotStarted: { _tag: "CommandNotStarted", exitCode: 1, said: "exec /bin/sh: exec format error" },
  CommandFailed: { _tag: "CommandFailed", exitCode: 3, said: "" }
} as const satisfies Partial<Record<DiagnosisCause["_tag"], DiagnosisCause>>

export type CauseName = keyof typeof causes
