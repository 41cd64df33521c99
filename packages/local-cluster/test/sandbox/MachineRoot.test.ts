/** Which mounts of the machine are to be made read-only, and how. */
import { assert, describe, it } from "@effect/vitest"
import {
  fstabField,
  lockedOptions,
  machineRoot,
  parseMountInfo,
  readOnlyMounts
} from "../../src/sandbox/MachineRoot.ts"

const mounts = parseMountInfo(
  [
    "1 0 254:0 / / rw,relatime - ext4 /dev/vda rw",
    "2 1 0:25 / /home rw,nosuid,nodev,noatime shared:1 - ext4 /dev/vdb rw",
    "3 1 0:26 / /mnt/my\\040disk rw,noexec,relatime - tmpfs none rw",
    "4 1 0:27 / /proc rw - proc proc rw",
    "5 1 0:28 / /homework rw - tmpfs none rw",
    "6 2 0:29 / /home/a rw,relatime - tmpfs none rw",
    "7 2 0:30 / /home/a ro,nosuid - tmpfs none ro",
    ""
  ].join("\n")
)
const root = machineRoot([
  { name: "home", kind: "folder" },
  { name: "mnt", kind: "folder" },
  { name: "usr", kind: "folder" },
  { name: "proc", kind: "folder" },
  { name: "tmp", kind: "folder" },
  { name: "bin", kind: "link", target: "usr/bin" },
  { name: ".dockerenv", kind: "other" }
])

describe("MachineRoot", () => {
  it("shows folders and links, but what containers have of their own", () => {
    assert.deepStrictEqual(root, { folders: ["home", "mnt", "usr"], links: [["bin", "usr/bin"]] })
  })

  it("finds every mount below, once, and keeps the flags that the kernel locks", () => {
    assert.deepStrictEqual(readOnlyMounts(root, mounts), [
      { path: "/home", options: ["nosuid", "nodev", "noatime"] },
      { path: "/mnt", options: ["relatime"] },
      { path: "/usr", options: ["relatime"] },
      { path: "/mnt/my disk", options: ["noexec", "relatime"] },
      { path: "/home/a", options: ["nosuid"] }
    ])
  })

  it("takes the mount that a path lies on, not one that only begins like it", () => {
    assert.deepStrictEqual(lockedOptions(mounts, "/home/b/c"), ["nosuid", "nodev", "noatime"])
    assert.deepStrictEqual(lockedOptions(mounts, "/homework/x"), [])
    assert.deepStrictEqual(lockedOptions(mounts, "/tmp/x"), ["relatime"])
  })

  it("writes fields that fstab reads back", () => {
    assert.strictEqual(fstabField("/a b\\c\td\n"), "/a\\040b\\134c\\011d\\012")
  })
})
