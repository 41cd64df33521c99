/** What API servers say of a pod (1.35, as seen there) → which property to change. */
import { assert, describe, it } from "@effect/vitest"
import { buildPod, decodeRunnerProperties, makeTask, taskValues } from "@podwright/spec-builder"
import { Result } from "effect"
import { trialFindings } from "../../../src/commands/doctor/DoctorTrial.ts"
import { renderedIdentity } from "../../../src/commands/render/RenderedIdentity.ts"

/** The pod of a task of commands: main, and the helper `files`. */
const planOf = (runner: Record<string, unknown>) => {
  const identity = renderedIdentity({ id: "f", namespace: "n" }, "t")
  const properties = Result.getOrThrow(decodeRunnerProperties(runner))
  const task = makeTask({ identity, image: "busybox", commands: ["true"], runner: properties })
  return Result.getOrThrow(buildPod(taskValues(task), properties))
}

const forbidden = (why: string) => `pods "default-t-t-xnmpml757m" is forbidden: ${why}`

/** The helper's own default. */
const HELPER_LIMIT = "runner.fileSidecar.resources.limits.memory"

const restricted = (verb: string) =>
  `${verb} PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "files", "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`

describe("trialFindings", () => {
  const big = { resources: { request: { memory: "512Mi" }, limit: { memory: "1Gi" } } }
  const table: ReadonlyArray<
    readonly [name: string, runner: Record<string, unknown>, words: string, expected: ReadonlyArray<unknown>]
  > = [
    ["Pod Security", {}, forbidden(restricted("violates")), [["runner.podSpec.securityContext"]]],
    ["Pod Security's warning", {}, restricted("would violate"), [["runner.podSpec.securityContext"]]],
    [
      "Pod Security of a main that is not root already, and of what it needs",
      {},
      forbidden(
        'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)'
      ),
      [["runner.containerSpec.securityContext.allowPrivilegeEscalation"]]
    ],
    [
      "Pod Security baseline",
      {},
      forbidden(
        'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPath volumes (volume "h"), privileged (container "main" must not set securityContext.privileged=true)'
      ),
      [["runner.podSpec.hostNetwork"], ["runner.podSpec.volumes"], ["runner.containerSpec.securityContext.privileged"]]
    ],
    [
      "a quota of pods without room",
      {},
      forbidden("exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0"),
      [[]]
    ],
    [
      "a quota of memory without room for main and helper",
      big,
      forbidden(
        "exceeded quota: mem, requested: limits.memory=1280Mi,pods=1, used: limits.memory=0,pods=0, limited: limits.memory=200Mi,pods=0"
      ),
      [[HELPER_LIMIT, "runner.resources.limit.memory"], []]
    ],
    [
      "a quota that demands limits of main and helper",
      {},
      forbidden(
        "failed quota: limits: must specify limits.cpu for: files,main; limits.memory for: main; requests.cpu for: main"
      ),
      [
        ["runner.fileSidecar.resources.limits.cpu"],
        ["runner.resources.limit.cpu"],
        ["runner.resources.limit.memory"],
        ["runner.resources.request.cpu"]
      ]
    ],
    [
      "a LimitRange's maximum below the helper's default",
      {},
      forbidden("maximum memory usage per Container is 128Mi, but limit is 256Mi"),
      [[HELPER_LIMIT]]
    ],
    [
      "a LimitRange's maximum below main's limit",
      big,
      forbidden("maximum memory usage per Container is 512Mi, but limit is 1Gi"),
      [["runner.resources.limit.memory"]]
    ],
    [
      "a LimitRange's minimum above the helper's defaults",
      {},
      forbidden(
        "[minimum cpu usage per Container is 50m, but request is 10m, minimum memory usage per Container is 32Mi, but request is 16Mi]"
      ),
      [["runner.fileSidecar.resources.requests.cpu"], ["runner.fileSidecar.resources.requests.memory"]]
    ],
    [
      "a LimitRange of pods",
      {},
      forbidden(
        "[minimum cpu usage per Pod is 500m, but request is 10m, maximum cpu usage per Pod is 1.  No limit is specified, maximum memory usage per Pod is 200Mi, but limit is 256Mi]"
      ),
      [
        ["runner.fileSidecar.resources.requests.cpu"],
        ["runner.fileSidecar.resources.limits.cpu", "runner.resources.limit.cpu"],
        [HELPER_LIMIT]
      ]
    ],
    [
      "a LimitRange's ratio",
      {},
      forbidden(
        "[memory max limit to request ratio per Container is 2, but provided ratio is 16.000000, memory max limit to request ratio per Container is 2, but no request is specified or request is 0]"
      ),
      [
        ["runner.fileSidecar.resources.requests.memory", HELPER_LIMIT],
        ["runner.resources.request.memory", "runner.resources.limit.memory"]
      ]
    ],
    [
      "a service account that is not there",
      { serviceAccountName: "nope" },
      forbidden('error looking up service account team/nope: serviceaccount "nope" not found'),
      [["runner.serviceAccountName"]]
    ],
    [
      "a PriorityClass that is not there",
      {},
      forbidden("no PriorityClass with name nope was found"),
      [["runner.podSpec.priorityClassName"]]
    ],
    [
      "a RuntimeClass that is not there",
      {},
      forbidden('pod rejected: RuntimeClass "nope" not found'),
      [["runner.podSpec.runtimeClassName"]]
    ],
    ["a namespace that is not there", {}, 'namespaces "nope" not found', [["runner.namespace"]]],
    [
      "an admission webhook",
      {},
      'admission webhook "images.example.com" denied the request: images must come from ours/',
      [["runner.podSpec", "runner.containerSpec", "runner.fileSideCarSpec", "runner.labels"]]
    ],
    [
      "a ValidatingAdmissionPolicy",
      {},
      "ValidatingAdmissionPolicy 'only-ours' with binding 'b' denied request: images must come from ours/",
      [["runner.podSpec", "runner.containerSpec", "runner.fileSideCarSpec", "runner.labels"]]
    ],
    [
      "a field of the helper that the server refuses",
      {},
      'spec.containers[0].volumeMounts[1].name: Not found: "nope"',
      [["runner.fileSideCarSpec.volumeMounts[1].name"]]
    ],
    [
      "a field of the pod that the server does not know",
      {},
      'strict decoding error: unknown field "spec.tolerationz"',
      [["runner.podSpec.tolerationz"]]
    ],
    ["words that are not known", {}, "the moon is full", [[]]]
  ]
  it.each(table)("%s", (_name, runner, words, expected) => {
    const found = trialFindings(words, planOf(runner))
    assert.deepStrictEqual(
      found.map(({ properties }) => properties),
      expected
    )
    for (const { properties, remedy } of found) for (const property of properties) assert.include(remedy, property)
  })

  it("says that a helper's default is the helper's, and how much room there is", () => {
    const [limit] = trialFindings("maximum memory usage per Container is 128Mi, but limit is 256Mi", planOf({}))
    assert.strictEqual(limit?.remedy, `lower ${HELPER_LIMIT} (podwright's helper 'files': 256Mi) to at most 128Mi`)
    const [quota] = trialFindings(
      forbidden("exceeded quota: none, requested: pods=1, used: pods=2, limited: pods=2"),
      planOf({})
    )
    assert.strictEqual(quota?.said, "quota none has no room: pods asks for 1, 2 of 2 is in use")
  })
})
