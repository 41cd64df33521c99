/** kubectl as a person or a script would use it: which program, and a run by four commands. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { hello, PULL_POLICY } from "./BenchTask.ts"

/** Of the current environment. */
export const kubeconfigPath = (): string => {
  const path = process.env["KUBECONFIG"]
  if (path === undefined || path === "")
    throw new Error("set KUBECONFIG, for example to what tooling/real-cluster/up prints")
  return path
}

/**
 * The kubectl of the cluster's own version, where `tooling/real-cluster` has put one beside its
 * kubeconfig; else the PATH's.
 */
export const kubectlProgram = (kubeconfig = kubeconfigPath()): string => {
  const built = join(dirname(dirname(kubeconfig)), "bin/kubectl")
  return existsSync(built) ? built : "kubectl"
}

const run = promisify(execFile)

/**
 * Milliseconds of `kubectl run`, `wait`, `logs` and `delete`, a process each, for a pod that says
 * what `hello` says.
 */
export const kubectlRun = async (kubeconfig: string, name: string): Promise<number> => {
  const kubectl = async (...args: ReadonlyArray<string>) =>
    (await run(kubectlProgram(kubeconfig), ["--kubeconfig", kubeconfig, ...args])).stdout
  const submitted = performance.now()
  const image = ["--image=busybox", `--image-pull-policy=${PULL_POLICY.field}`]
  await kubectl("run", name, ...image, "--restart=Never", "--", "echo", "Hello World")
  await kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", `pod/${name}`, "--timeout=300s")
  const log = await kubectl("logs", name)
  if (log !== hello.stdout) throw new Error(`kubectl logs gave '${log}'`)
  await kubectl("delete", "pod", name, "--wait=false")
  return performance.now() - submitted
}
