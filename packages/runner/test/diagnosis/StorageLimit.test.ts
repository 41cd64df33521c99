/** Which storage limit an evicted pod exceeded, by the kubelet's sentences, and which property raises it. */
import { assert, describe, it } from "@effect/vitest"
import { storageLimitOf, storageRemedy } from "../../src/diagnosis/StorageLimit.ts"

const own = { volume: "podwright", main: "main" }

describe("storageLimitOf", () => {
  it.each([
    ["R20 our volume", 'Usage of EmptyDir volume "podwright" exceeds the limit "10Mi". ', "raise volume.sizeLimit"],
    ["R20 another volume", 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". ', "volume 'tmp' in podSpec"],
    [
      "R20 main",
      'Container main exceeded its local ephemeral storage limit "20Mi". ',
      "raise resources.limit.ephemeral-storage"
    ],
    ["R20 a helper", 'Container files exceeded its local ephemeral storage limit "20Mi". ', "container 'files'"],
    [
      "R20 all containers together",
      "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. ",
      "raise resources.limit.ephemeral-storage"
    ]
  ])("%s", (_name, message, remedy) => {
    const limit = storageLimitOf(message)
    assert.isDefined(limit)
    assert.include(limit && storageRemedy(limit, own), remedy)
  })

  it.each([
    ["the node's disk", "The node was low on resource: ephemeral-storage. Threshold quantity: 1, available: 0. "],
    ["the node's memory", "The node was low on resource: memory. Container main was using 9Mi, request is 0. "],
    ["words of somebody else that name a limit", "evicted: the namespace exceeds the limit"],
    ["no words", ""]
  ])("R4 is not the pod's own: %s", (_name, message) => {
    assert.isUndefined(storageLimitOf(message))
  })
})
