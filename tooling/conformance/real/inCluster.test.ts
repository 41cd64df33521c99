/**
 * Podwright in a pod of a real cluster, connected by nothing but the service account that the
 * kubelet mounts there: the token and the authority below /var/run/secrets, and the variables every
 * pod has. The pod borrows Node and this workspace from the machine, which is its node.
 */
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { ConnectionMaterial } from "../src/clusters/ConnectionMaterial.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { freshId } from "../src/clusters/Podwright.ts"

const REPOSITORY = join(import.meta.dirname, "../../..")
const NODE = process.execPath
/** What Debian's programs link to. */
const LIBRARIES = ["/lib", "/lib64", "/usr/lib"]

const cluster = clusterFromEnvironment()
let material: ConnectionMaterial
let account: string

beforeAll(async () => {
  material = await ConnectionMaterial.make(cluster)
  account = (await material.serviceAccount()).name
})

afterAll(async () => {
  await material.removeServiceAccount(account)
  await material.remove()
})

/** Runs podwright in a pod; its task is a file of the pod's own. */
const podwrightPod = async (name: string, serviceAccountName: string, taskFile: object): Promise<void> => {
  const { hostname, port } = new URL(material.server)
  const paths = [...new Set([REPOSITORY, NODE, ...LIBRARIES])]
  const arguments_ = [
    "--conditions=@podwright/source",
    join(REPOSITORY, "apps/cli/src/main.ts"),
    "run",
    "/tmp/task.yaml"
  ]
  const script = `printf %s "$TASK" > /tmp/task.yaml && exec ${NODE} ${arguments_.join(" ")} --output-dir /tmp/out`
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      serviceAccountName,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      // The server of `tooling/real-cluster` listens on the loopback interface of the machine
      // alone.
      hostNetwork: true,
      volumes: paths.map((path, index) => ({ name: `host-${index}`, hostPath: { path } })),
      containers: [
        {
          name: "driver",
          image: "busybox",
          command: ["/bin/busybox", "sh", "-c", script],
          env: [
            { name: "TASK", value: JSON.stringify(taskFile) },
            // Every pod has both; here no service leads to the server.
            { name: "KUBERNETES_SERVICE_HOST", value: hostname },
            { name: "KUBERNETES_SERVICE_PORT", value: port }
          ],
          volumeMounts: paths.map((path, index) => ({ name: `host-${index}`, mountPath: path, readOnly: true }))
        }
      ]
    }
  }
  await kubectl(cluster.kubeconfig, ["apply", "-n", LIMITED_NAMESPACE, "-f", "-"], JSON.stringify(pod))
}

const endOf = async (name: string) => {
  const phase = "--for=jsonpath={.status.containerStatuses[0].state.terminated.reason}"
  await material.kubectl("wait", phase, `pod/${name}`, "-n", LIMITED_NAMESPACE, "--timeout=120s")
  const log = await material.kubectl("logs", name, "-n", LIMITED_NAMESPACE)
  const code = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
  const told = await material.kubectl("get", "pod", name, "-n", LIMITED_NAMESPACE, "-o", code)
  await cluster.remove(name)
  return { log: log.stdout, code: Number(told.stdout) }
}

const task = (id: string) => ({
  id,
  image: "busybox",
  commands: ["cat in.txt", "hostname", "echo result > out.txt"],
  inputFiles: { "in.txt": "from inside\n" },
  outputFiles: ["out.txt"]
})

it("runs by the pod's own service account, in the pod's namespace", async () => {
  const id = freshId("inside")
  await podwrightPod(`${id}-driver`, account, task(id))
  const { code, log } = await endOf(`${id}-driver`)
  assert.strictEqual(code, 0, log)
  assert.include(log, "from inside\n")
  assert.include(log, `created pod `)
  await cluster.untilNoPods(id)
})

it("names the right that the pod's service account lacks", async () => {
  const id = freshId("inside")
  await podwrightPod(`${id}-driver`, "default", task(id))
  const { code, log } = await endOf(`${id}-driver`)
  assert.strictEqual(code, 125, log)
  assert.include(log, `system:serviceaccount:${LIMITED_NAMESPACE}:default`)
  assert.match(log, /must grant verb "create" on resource "pods"/)
})
