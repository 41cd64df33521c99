import { assert, describe, it } from "@effect/vitest"
import { podRunner } from "../../src/types/RunnerTypes.ts"

const DOCKER = "io.kestra.plugin.scripts.runner.docker.Docker"

describe("podRunner", () => {
  it("takes podwright's own properties as they are", () => {
    const { foreign, properties } = podRunner({ taskRunner: { type: "podwright", namespace: "jobs" } }, false)
    assert.deepStrictEqual(properties, { namespace: "jobs" })
    assert.isUndefined(foreign)
  })

  it.each([
    [{ pullPolicy: "IF_NOT_PRESENT" }, { pullPolicy: "IF_NOT_PRESENT" }],
    [{ pullImage: false }, { pullPolicy: "IF_NOT_PRESENT" }],
    [{ user: "1000" }, { containerSpec: { securityContext: { runAsUser: 1000 } } }],
    [{ user: "1000:20" }, { containerSpec: { securityContext: { runAsUser: 1000, runAsGroup: 20 } } }],
    [{ user: "root" }, { containerSpec: { securityContext: { runAsUser: 0 } } }],
    [{ privileged: true }, { containerSpec: { securityContext: { privileged: true } } }],
    [{ cpu: { cpus: 0.5 } }, { resources: { limit: { cpu: "0.5" } } }],
    [{ memory: { memory: "64MB" } }, { resources: { limit: { memory: "64Mi" } } }],
    [{ memory: { memory: "2g" } }, { resources: { limit: { memory: "2Gi" } } }],
    [{ memory: { memory: 1024 } }, { resources: { limit: { memory: "1024" } } }],
    [{ delete: false }, { delete: false }],
    [{ entryPoint: [""] }, {}]
  ])("takes %o of Docker over as %o", (given, expected) => {
    const { notices, properties } = podRunner({ taskRunner: { type: DOCKER, ...given } }, false)
    assert.deepStrictEqual(properties, expected)
    assert.deepStrictEqual(notices, [])
  })

  it("says once what means nothing in a pod", () => {
    const runner = { type: DOCKER, networkMode: "host", volumes: ["/a:/b"], credentials: {}, user: "{{ inputs.u }}" }
    const { notices, properties } = podRunner({ taskRunner: runner }, false)
    assert.deepStrictEqual(properties, {})
    assert.deepStrictEqual(notices, [
      {
        path: ["taskRunner", "networkMode"],
        message: "networkMode, volumes, credentials and user mean nothing in a pod; the task runs without"
      }
    ])
    const [one] = podRunner({ taskRunner: { type: DOCKER, networkMode: "host" } }, false).notices
    assert.strictEqual(one?.message, "networkMode means nothing in a pod; the task runs without")
  })

  it("says which image counts: an older option's before the task's, a runner's after it", () => {
    const image = (task: Parameters<typeof podRunner>[0]) => podRunner(task, false).image
    assert.strictEqual(image({ taskRunner: { type: DOCKER, image: "busybox" } })?.rank, "own")
    assert.deepStrictEqual(image({ runner: "DOCKER", docker: { image: "busybox" } }), {
      text: "busybox",
      from: ["docker", "image"],
      rank: "first"
    })
    assert.strictEqual(image({ dockerOptions: { image: "busybox" } })?.rank, "first")
  })

  it.each([
    [{ taskRunner: { type: "io.kestra.plugin.core.runner.Process" } }, false, true],
    [{ taskRunner: { type: "io.kestra.core.models.tasks.runners.types.ProcessTaskRunner" } }, false, true],
    [{ runner: "PROCESS", taskRunner: { type: DOCKER } }, false, true],
    [{ runner: "DOCKER" }, true, false],
    [{}, true, true],
    [{}, false, false],
    [{ dockerOptions: { image: "i" } }, true, false]
  ])("knows whether %o is for the server's own machine", (task, older, expected) => {
    assert.strictEqual(podRunner(task, older).isProcess, expected)
  })

  it("runs a cloud's task in a pod with a notice, and refuses a runner that nobody knows", () => {
    const cloud = podRunner({ taskRunner: { type: "io.kestra.plugin.ee.aws.runner.Batch", region: "eu" } }, false)
    assert.match(cloud.notices[0]?.message ?? "", /runs tasks in its cloud: this one runs in a pod instead/)
    assert.deepStrictEqual(cloud.properties, {})
    assert.match(
      podRunner({ taskRunner: { type: "docker" } }, false).issues[0]?.message ?? "",
      /^unknown task runner 'docker'; known: /
    )
    assert.deepStrictEqual(podRunner({ runner: "KUBE" }, false).issues, [
      { path: ["runner"], message: "runner: expected DOCKER or PROCESS, not 'KUBE'" }
    ])
  })
})
