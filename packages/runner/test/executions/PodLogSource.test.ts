import { assert, describe, it } from "@effect/vitest"
import type { ContainerState, Pod } from "@podwright/k8s-io"
import { type PodLogSource, podLogSource } from "../../src/executions/PodLogSource.ts"

type Shape = "gate" | "init" | "bare"

const containers = { gate: ["files", "main"], init: ["files", "main"], bare: ["main"] } as const

/** A pod of a shape, each of whose containers is in this state. */
const podOf = (
  shape: Shape,
  state: ContainerState | undefined,
  of: ReadonlyArray<string> = containers[shape]
): Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1" },
  spec: {
    containers: containers[shape].map((name) => ({ name })),
    ...(shape === "init" ? { initContainers: [{ name: "files-in" }] } : {})
  },
  status: state === undefined ? {} : { containerStatuses: of.map((name) => ({ name, state })) }
})

const running: ContainerState = { running: {} }
const ended: ContainerState = { terminated: { exitCode: 0 } }
const waiting: ContainerState = { waiting: { reason: "ContainerCreating" } }

describe("podLogSource", () => {
  const table: ReadonlyArray<readonly [string, Pod, now: PodLogSource, followed: PodLogSource]> = [
    ["a gate that runs", podOf("gate", running), "volume", "volume"],
    ["a gate that has not started", podOf("gate", waiting), "none", "volume"],
    ["a gate of which the kubelet has reported nothing", podOf("gate", undefined), "none", "volume"],
    ["a gate whose helper runs after main has ended", podOf("gate", running, ["files"]), "volume", "volume"],
    ["a gate that was kept, and whose helper has ended", podOf("gate", ended), "kubelet", "kubelet"],
    ["a main without a gate, beside a helper", podOf("init", running), "kubelet", "kubelet"],
    ["a main alone", podOf("bare", running), "kubelet", "kubelet"],
    ["a main alone that has ended", podOf("bare", ended), "kubelet", "kubelet"],
    ["a main alone that has not started", podOf("bare", waiting), "none", "kubelet"]
  ]
  it.each(table)("%s", (_name, pod, now, followed) => {
    assert.deepStrictEqual([podLogSource(pod, false), podLogSource(pod, true)], [now, followed])
  })
})
