/**
 * The file by which kubectl and podwright find the cluster. Pure.
 */

export interface KubeconfigValues {
  readonly server: string
  /** PEM of the server's own certificate. */
  readonly certificate: string
  readonly user: string
  readonly token: string
  readonly namespace: string
}

/** The file's text; JSON, which is YAML too. */
export const kubeconfigText = ({ certificate, namespace, server, token, user }: KubeconfigValues): string => {
  const name = "podwright-local"
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server, "certificate-authority-data": Buffer.from(certificate).toString("base64") } }
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user, namespace } }],
    "current-context": name
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
