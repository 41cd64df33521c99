import type { ContainerObservation, PodObservation } from "../../src/diagnosis/PodObservation.ts"

/** A pod that runs well, with whatever is different. */
export const observation = (different: Partial<PodObservation> = {}): PodObservation => ({
  uid: "u",
  node: "node1",
  phase: "Running",
  reason: undefined,
  message: undefined,
  unschedulable: undefined,
  gated: undefined,
  disruption: undefined,
  disruptionMessage: undefined,
  graceSeconds: undefined,
  terminating: false,
  lease: undefined,
  cancel: undefined,
  startedAt: undefined,
  main: { _tag: "Running" },
  containers: new Map(),
  images: new Map(),
  imageIDs: new Map(),
  ...different
})

export const ended = (exitCode: number, reason?: string, message?: string): ContainerObservation => ({
  _tag: "Ended",
  end: { exitCode, reason, message }
})

export const waiting = (reason: string, message?: string): ContainerObservation => ({
  _tag: "Waiting",
  reason,
  message
})
