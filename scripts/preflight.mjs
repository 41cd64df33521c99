// Says what to do when a script runs on a Node that cannot run podwright (undici 8 and vitest 5 need 22.19).
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`Node ${process.version} is too old, and the workspace's own Node 24 is not installed.`)
  console.error("Run: npx --yes pnpm@12 install")
  process.exit(1)
}
