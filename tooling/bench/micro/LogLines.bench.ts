/**
 * The log splitter beside the shortest code that cuts text into lines, and beside Node's own reader
 * of lines.
 */
import { once } from "node:events"
import { createInterface } from "node:readline"
import { Readable } from "node:stream"
import { LogSplitter } from "@podwright/file-sync"
import { test } from "vitest"
import { inTurns } from "../src/Turns.ts"

const MEBIBYTES = 8
/** As large as a read from a socket is. */
const CHUNK = 64 * 1024

const chunksOf = (lineBytes: number): ReadonlyArray<Buffer> => {
  const bytes = Buffer.alloc(MEBIBYTES * 1024 ** 2, `${"x".repeat(lineBytes - 1)}\n`)
  return Array.from({ length: bytes.length / CHUNK }, (_, index) => bytes.subarray(index * CHUNK, (index + 1) * CHUNK))
}

/** Every way must have seen every whole line. */
const mustBe = (expected: number, lines: number) => {
  if (lines !== expected) throw new Error(`${lines} lines instead of ${expected}`)
}

const splitter = (chunks: ReadonlyArray<Buffer>): number => {
  const log = new LogSplitter()
  let lines = 0
  for (const chunk of chunks) for (const batch of log.push(chunk)) lines += batch.lines.length
  return lines
}

const plainSplit = (chunks: ReadonlyArray<Buffer>): number => {
  let rest = ""
  let lines = 0
  for (const chunk of chunks) {
    const cut = (rest + chunk.toString("utf8")).split("\n")
    rest = cut.pop() ?? ""
    lines += cut.length
  }
  return lines
}

const readline = async (chunks: ReadonlyArray<Buffer>): Promise<number> => {
  const lines = createInterface({ input: Readable.from(chunks), crlfDelay: Number.POSITIVE_INFINITY })
  let count = 0
  lines.on("line", () => count++)
  await once(lines, "close")
  return count
}

for (const lineBytes of [100, 10]) {
  test(`log into lines of ${lineBytes} bytes`, async (context) => {
    const chunks = chunksOf(lineBytes)
    const whole = Math.floor((MEBIBYTES * 1024 ** 2) / lineBytes)
    // What readline gives for the line that has no end yet.
    const begun = (MEBIBYTES * 1024 ** 2) % lineBytes === 0 ? 0 : 1
    await inTurns(context, "MB", (MEBIBYTES * 1024 ** 2) / 1e6, [
      { name: "podwright", async: false, run: () => mustBe(whole, splitter(chunks)) },
      { name: "node:readline", async: true, run: async () => mustBe(whole + begun, await readline(chunks)) },
      { name: "Buffer.toString, String.split", async: false, run: () => mustBe(whole, plainSplit(chunks)) }
    ])
  })
}
