/**
 * What to do about a refusal for want of a Role, in this product's own commands: the layer that
 * meets the refusal names the right that is missing, and does not know them. Pure.
 */
import { isRbacRefusal, type KubeError } from "@podwright/k8s-io"

/**
 * One sentence with a space before it, to follow the error's own words; empty for any other error.
 */
export const accessAdvice = ({ reason }: KubeError): string =>
  reason._tag === "Forbidden" && reason.namespace !== "" && isRbacRefusal(reason)
    ? " `podwright doctor` shows every right that a run needs, `podwright rbac` prints the Role."
    : ""
