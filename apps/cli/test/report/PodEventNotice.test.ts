import { assert, describe, it } from "@effect/vitest"
import { podEventNotice } from "../../src/report/PodEventNotice.ts"

const pulled = (time: string) =>
  `Successfully pulled image "busybox" in ${time} (${time} including waiting). Image size: 2165880 bytes.`

describe("podEventNotice", () => {
  const cases: ReadonlyArray<readonly [string, string, string, number, string]> = [
    ["Normal", "Scheduled", "Successfully assigned a/b to node1", 1, "Never"],
    ["Normal", "Pulling", 'Pulling image "busybox"', 1, "IfItLasts"],
    ["Normal", "Pulled", pulled("999ms"), 1, "Never"],
    ["Normal", "Pulled", pulled("13.5s"), 1, "Now"],
    ["Normal", "Pulled", pulled("1m2.1s"), 1, "Now"],
    ["Normal", "Pulled", 'Container image "busybox" already present on machine', 1, "Never"],
    ["Normal", "Created", "Container created", 1, "Never"],
    ["Normal", "Started", "Container started", 1, "Never"],
    ["Normal", "Killing", "Stopping container main", 1, "Never"],
    ["Normal", "TriggeredScaleUp", "pod triggered scale-up: [{group 1->2}]", 1, "Now"],
    ["Warning", "FailedScheduling", "0/1 nodes are available", 1, "Never"],
    ["Warning", "Failed", "Failed to pull image", 1, "Never"],
    ["Warning", "FailedMount", 'MountVolume.SetUp failed for volume "v"', 1, "Now"],
    ["Warning", "FailedMount", 'MountVolume.SetUp failed for volume "v"', 2, "Never"],
    ["Warning", "FailedCreatePodSandBox", "plugin type=calico failed", 1, "Now"]
  ]
  it.each(cases)("%s %s: %s (%i) %s", (type, reason, message, count, expected) => {
    assert.strictEqual(podEventNotice({ _tag: "PodEvent", at: 0, type, reason, message, count })._tag, expected)
  })
})
