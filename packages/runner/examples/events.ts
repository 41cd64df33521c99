import { taskEvents } from "@podwright/runner/plain"

for await (const event of taskEvents({ image: "busybox", commands: ["echo begun", "sleep 600"] })) {
  if (event._tag === "Phase") console.log(event.phase)
  // Leaving the loop cancels the run: the pod is deleted before the next statement.
  if (event._tag === "Log") break
}
console.log("cancelled")
