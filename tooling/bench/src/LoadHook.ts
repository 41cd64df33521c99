/**
 * Preloaded into a program (`node --import`): writes the URL of every module it has loaded to
 * PODWRIGHT_BENCH_LOADED when it ends.
 */
import { writeFileSync } from "node:fs"
import { registerHooks } from "node:module"

const loaded: Array<string> = []
registerHooks({
  load: (url, context, nextLoad) => {
    loaded.push(url)
    return nextLoad(url, context)
  }
})
process.on("exit", () => {
  const path = process.env["PODWRIGHT_BENCH_LOADED"]
  if (path !== undefined) writeFileSync(path, loaded.join("\n"))
})
