/** The error of a setting that is not usable, with the name of its place. Pure. */
import { KubeError } from "../error/KubeError.ts"

/** `field` is the place in the kubeconfig, or `config.<field>`. */
export const configError = (detail: string, field?: string, cause?: unknown): KubeError =>
  new KubeError({
    operation: "KubeConnection.open",
    subject: {},
    reason: field === undefined ? { _tag: "Config", detail } : { _tag: "Config", field, detail },
    ...(cause === undefined ? {} : { cause })
  })

/** The error of settings that name no cluster anywhere. */
export const noClusterError = (detail: string): KubeError =>
  new KubeError({
    operation: "KubeConnection.open",
    subject: {},
    reason: { _tag: "Config", missing: "cluster", detail }
  })
