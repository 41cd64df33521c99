/** Stands between a run and any cluster, and spoils what passes: by script or by seeded chance. */
export * from "./ApiVerb.ts"
export * from "./Fault.ts"
export * from "./FaultPlan.ts"
export * from "./FaultProxy.ts"
export * from "./FaultProxyError.ts"
export * from "./MessageEnds.ts"
export * from "./SeededChance.ts"
