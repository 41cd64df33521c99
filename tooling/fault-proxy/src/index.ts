/**
 * A proxy that stands between a run and any cluster and spoils what passes, by script or by seeded
 * chance. Start with `startFaultProxy`, or with `openFaultProxy` where there is no Effect.
 */

// Faults as data: one, its name in tables, and the mark of every answer that the proxy makes up
export { Fault, faultName, INJECTED } from "./Fault.ts"
// Which fault befalls which request
export { FaultPlan, FaultRule } from "./FaultPlan.ts"
// The proxy
export { type FaultProxy, type FaultProxyOptions, openFaultProxy, startFaultProxy } from "./FaultProxy.ts"
export { FaultProxyError } from "./FaultProxyError.ts"
// Where the messages of an exec's WebSocket end
export { frameEnds } from "./MessageEnds.ts"
// Chance that repeats for the same seed
export { MODERATE, numbersFrom } from "./SeededChance.ts"
