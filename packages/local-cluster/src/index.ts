export type { PolicyRule } from "./api/Access.ts"
export * from "./contract/LocalClusterError.ts"
export * from "./LocalCluster.ts"
