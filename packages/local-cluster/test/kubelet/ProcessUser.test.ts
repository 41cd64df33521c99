/** Who a container runs as. */
import { assert, describe, it } from "@effect/vitest"
import { processUser } from "../../src/kubelet/ProcessUser.ts"
import { container, kubeletPod } from "../support/pods.ts"

describe("processUser", () => {
  it("is root with containerd's capabilities when nothing is asked for", () => {
    const user = processUser(kubeletPod(), container("main"))
    assert.deepInclude(user, { uid: 0, gid: 0, groups: [], noNewPrivileges: false })
    assert.include(user.capabilities, "chown")
    assert.notInclude(user.capabilities, "sys_admin")
  })

  it("lets the container go before its pod", () => {
    const pod = kubeletPod({
      securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] }
    })
    assert.deepInclude(processUser(pod, container("main")), { uid: 1, gid: 2, groups: [3, 4] })
    const own = container("main", { securityContext: { runAsUser: 5, allowPrivilegeEscalation: false } })
    assert.deepInclude(processUser(pod, own), { uid: 5, gid: 2, noNewPrivileges: true })
  })

  const capabilities = [
    [{ drop: ["ALL"] }, []],
    [{ drop: ["ALL"], add: ["NET_BIND_SERVICE"] }, ["net_bind_service"]],
    [{ drop: ["all"], add: ["CAP_CHOWN", "CHOWN"] }, ["chown"]]
  ] as const
  it.each(capabilities)("%j leaves %j", (asked, left) => {
    const user = processUser(kubeletPod(), container("main", { securityContext: { capabilities: asked } }))
    assert.deepStrictEqual(user.capabilities, left)
  })
})
