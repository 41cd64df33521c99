export type { PolicyRule } from "./Access.ts"
export * from "./LocalCluster.ts"
export * from "./LocalClusterError.ts"
