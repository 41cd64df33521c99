/** A stock kubectl works against the embedded cluster. */
import { randomBytes } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { kubectl, startKubectl } from "../src/clusters/Kubectl.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"
import { scratch } from "../src/clusters/Podwright.ts"

const { cluster, stop } = await startLocalCluster()
const { kubeconfig } = cluster

afterAll(stop)

const pod = (name: string, script: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: busybox
      command: [sh, -c, ${JSON.stringify(script)}]
`
const apply = (name: string, script: string) => kubectl(kubeconfig, ["apply", "-f", "-"], pod(name, script))

describe("kubectl on the embedded cluster", () => {
  it("creates, waits, lists and deletes", async () => {
    await apply("life", "sleep 600")
    await kubectl(kubeconfig, ["wait", "pod/life", "--for=condition=Ready", "--timeout=30s"])
    const { stdout } = await kubectl(kubeconfig, ["get", "pods", "-l", "app=life"])
    assert.match(stdout, /^NAME +READY +STATUS +RESTARTS +AGE\nlife +1\/1 +Running +0 +\d+s\n$/)
    await kubectl(kubeconfig, ["delete", "pod", "life"])
    const left = await kubectl(kubeconfig, ["get", "pods", "-l", "app=life"])
    assert.include(left.stderr, "No resources found")
  })

  it("watches a pod from its first to its last state", async () => {
    // A pod that is there already: once it is shown, the watch listens.
    await kubectl(kubeconfig, ["apply", "-f", "-"], pod("anchor", "sleep 600").replace("app: anchor", "app: watched"))
    const watching = startKubectl(kubeconfig, ["get", "pods", "-w", "-l", "app=watched"])
    await watching.printed("anchor")
    await apply("watched", "exit 3")
    await watching.printed("Error")
    watching.process.kill()
    const { stdout } = await watching.ended
    assert.match(stdout, /watched +0\/1 +Pending[\s\S]*watched +0\/1 +Error/)
    await kubectl(kubeconfig, ["delete", "pod", "watched", "anchor"])
  })

  it("describes a pod with its events", async () => {
    await apply("described", "exit 3")
    await kubectl(kubeconfig, ["wait", "pod/described", "--for=jsonpath={.status.phase}=Failed", "--timeout=30s"])
    const { stdout } = await kubectl(kubeconfig, ["describe", "pod", "described"])
    assert.match(stdout, /Reason: +Error\n +Exit Code: +3/)
    assert.match(stdout, /Events:[\s\S]*Scheduled[\s\S]*Started/)
    assert.match(stdout, /not pulled/)
    await kubectl(kubeconfig, ["delete", "pod", "described"])
  })

  it("follows a log to its end", async () => {
    await apply("talks", "for i in 1 2 3; do echo line $i; sleep 1; done; printf last")
    // Stays when it has ended: kubectl may take longer to ask than it runs.
    await kubectl(kubeconfig, ["wait", "pod/talks", "--for=jsonpath={.status.containerStatuses[0].containerID}"])
    const { stdout } = await kubectl(kubeconfig, ["logs", "-f", "talks"])
    assert.strictEqual(stdout, "line 1\nline 2\nline 3\nlast")
    const stamped = await kubectl(kubeconfig, ["logs", "talks", "--timestamps", "--tail=2"])
    assert.match(stamped.stdout, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 3\n[^\n]* last$/)
    await kubectl(kubeconfig, ["delete", "pod", "talks"])
  })

  it("executes commands, with input and with an exit code", async () => {
    await apply("host", "sleep 600")
    await kubectl(kubeconfig, ["wait", "pod/host", "--for=condition=Ready", "--timeout=30s"])
    const echoed = await kubectl(kubeconfig, ["exec", "-i", "host", "--", "sh", "-c", "cat; echo done"], "sent\n")
    assert.strictEqual(echoed.stdout, "sent\ndone\n")
    const failed = await startKubectl(kubeconfig, ["exec", "host", "--", "sh", "-c", "echo why >&2; exit 7"]).ended
    assert.strictEqual(failed.code, 7)
    assert.include(failed.stderr, "why\n")
    const missing = await startKubectl(kubeconfig, ["exec", "host", "--", "no-such-program"]).ended
    assert.include(missing.stderr, "executable file not found")
    await kubectl(kubeconfig, ["delete", "pod", "host"])
  })

  it("copies files both ways", async () => {
    const folder = await scratch()
    const bytes = randomBytes(3_000_000)
    await writeFile(join(folder, "in"), bytes)
    await apply("copies", "sleep 600")
    await kubectl(kubeconfig, ["wait", "pod/copies", "--for=condition=Ready", "--timeout=30s"])
    await kubectl(kubeconfig, ["cp", join(folder, "in"), "copies:/tmp/file"])
    await kubectl(kubeconfig, ["cp", "copies:/tmp/file", join(folder, "out")])
    assert.isTrue(bytes.equals(await readFile(join(folder, "out"))))
    await kubectl(kubeconfig, ["delete", "pod", "copies"])
  })

  it("is told of a typo as by a real server", async () => {
    const { code, stderr } = await startKubectl(
      kubeconfig,
      ["apply", "-f", "-"],
      pod("typo", "true").replace("restartPolicy", "restartPolicyy")
    ).ended
    assert.strictEqual(code, 1)
    assert.include(stderr, 'unknown field "spec.restartPolicyy"')
  })

  it("runs a pod without a file, and knows the namespaces", async () => {
    await kubectl(kubeconfig, ["apply", "-f", "-"], "{ apiVersion: v1, kind: Namespace, metadata: { name: other } }")
    await kubectl(kubeconfig, [
      "run",
      "-n",
      "other",
      "quick",
      "--image=busybox",
      "--restart=Never",
      "--command",
      "--",
      "true"
    ])
    await kubectl(kubeconfig, ["wait", "-n", "other", "pod/quick", "--for=jsonpath={.status.phase}=Succeeded"])
    const { stdout } = await kubectl(kubeconfig, ["get", "namespaces"])
    assert.match(stdout, /other +Active/)
    await kubectl(kubeconfig, ["delete", "namespace", "other"])
  })

  it("may ask what it may do", async () => {
    const review = (verb: string, namespace: string) =>
      JSON.stringify({ spec: { resourceAttributes: { verb, resource: "pods", namespace } } })
    const ask = async (config: string, verb: string, namespace: string): Promise<boolean> => {
      const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
      const { stdout } = await kubectl(config, ["create", "--raw", path, "-f", "-"], review(verb, namespace))
      return JSON.parse(stdout).status.allowed
    }
    assert.isTrue(await ask(kubeconfig, "delete", "default"))
    assert.isTrue(await ask(cluster.limitedKubeconfig, "delete", LIMITED_NAMESPACE))
    assert.isFalse(await ask(cluster.limitedKubeconfig, "delete", "default"))
  })
})
