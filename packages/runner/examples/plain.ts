import { RunError, runTask } from "@podwright/runner/plain"

try {
  const result = await runTask(
    {
      image: "busybox",
      inputFiles: { "names.txt": "world\nmoon\n" },
      commands: [
        "while read -r name; do echo Hello $name; done < names.txt",
        "wc -l < names.txt > $OUTPUT_DIR/count.txt"
      ],
      timeout: "PT2M",
      runner: { resources: { limit: { memory: "64Mi" } } }
    },
    {
      signal: AbortSignal.timeout(300_000),
      onEvent: (event) => {
        if (event._tag === "Log") for (const line of event.lines) console.log(line)
      }
    }
  )
  console.log(result.state, result.exitCode, Object.keys(result.outputFiles))
} catch (error) {
  if (!(error instanceof RunError)) throw error
  console.error(error.message)
  process.exitCode = error.retryable ? 75 : 1
}
