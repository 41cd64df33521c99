/**
 * Asks a real API server whether it would accept a pod, field by field (`dryRun=All`,
 * `fieldValidation=Strict`).
 */
import { kubectl, startKubectl } from "../clusters/Kubectl.ts"

export type DryRunAnswer =
  /** As the server would store it. */
  | { readonly _tag: "Taken"; readonly pod: { readonly spec: Readonly<Record<string, unknown>> } }
  /** In its words. */
  | { readonly _tag: "Refused"; readonly message: string }

export interface DryRun {
  readonly create: (pod: unknown) => Promise<DryRunAnswer>
  readonly stop: () => Promise<void>
}

/** Through `kubectl proxy`, so that any kubeconfig's credentials will do. */
export const startDryRun = async (kubeconfig: string, namespace = "default"): Promise<DryRun> => {
  await kubectl(kubeconfig, ["get", "--raw", "/readyz"])
  const proxy = startKubectl(kubeconfig, ["proxy", "--port=0"])
  const address = await new Promise<string>((resolve, reject) => {
    proxy.process.stdout?.on("data", (text: string) => {
      const found = /Starting to serve on (\S+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    proxy.ended.then(({ stderr }) => reject(new Error(`kubectl proxy ended: ${stderr}`)))
  })
  const url = `http://${address}/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`
  return {
    create: async (pod) => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(pod) })
      const body = JSON.parse(await response.text())
      return response.ok ? { _tag: "Taken", pod: body } : { _tag: "Refused", message: String(body.message) }
    },
    stop: async () => {
      proxy.process.kill()
      await proxy.ended
    }
  }
}
