/** Archives of Effect's encoder and of this machine's tars, read in chunks of any size. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import { byteName } from "../../src/names/ByteName.ts"
import { TarReader } from "../../src/outputs/TarReader.ts"

interface Read {
  readonly entries: ReadonlyArray<string>
  readonly damage: string | undefined
  readonly whole: boolean
}

/** Each entry as a line: type, mode, name, target and content. */
const readAll = (archive: Uint8Array, chunk: number): Read => {
  const reader = new TarReader()
  const entries: Array<string> = []
  let damage: string | undefined
  let content = ""
  for (let at = 0; at < archive.length; at += chunk)
    for (const part of reader.read(archive.subarray(at, at + chunk))) {
      if (part._tag === "Entry") {
        const { linkTarget, mode, path, type } = part.entry
        entries.push(`${type} ${mode.toString(8)} ${path} -> ${linkTarget}`)
      } else if (part._tag === "Content") content += Buffer.from(part.bytes).toString("latin1")
      else if (part._tag === "Damaged") damage = part.detail
      else {
        entries[entries.length - 1] += ` ${content.length > 40 ? content.length : content}`
        content = ""
      }
    }
  return { entries, damage, whole: reader.isBetweenEntries }
}

const encoded = (entries: ReadonlyArray<Tar.Entry>) =>
  Stream.fromArray(entries).pipe(
    Stream.pipeThroughChannel(Tar.encode()),
    Stream.orDie,
    Stream.runCollect,
    Effect.map((chunks) => Buffer.concat(chunks))
  )

const long = "n".repeat(250)

describe("TarReader", () => {
  for (const chunk of [1, 100, 511, 512, 513, 4096, 1_000_000]) {
    it.effect(`reads what Effect writes, ${chunk} bytes at a time`, () =>
      Effect.gen(function* () {
        const archive = yield* encoded([
          Tar.directory("work/d", { mode: 0o755 }),
          Tar.file("work/empty", ""),
          Tar.file("work/é", "content", { mode: 0o644 }),
          Tar.file(`work/${long}/${long}`, "x".repeat(1000), { mode: 0o600 }),
          Tar.symlink("work/link", `../${long}`),
          Tar.hardlink("work/hard", "work/é")
        ])
        const { damage, entries, whole } = readAll(archive, chunk)
        assert.isUndefined(damage)
        assert.isTrue(whole)
        assert.deepStrictEqual(
          entries.map((entry) => entry.replace(/ 7\d\d (\S+ -> )(?=\S)/, " 777 $1")),
          [
            "Directory 755 work/d/ ->  ",
            "File 644 work/empty ->  ",
            "File 644 work/é ->  content",
            `File 600 work/${long}/${long} ->  1000`,
            `Symlink 777 work/link -> ../${long} `,
            "Hardlink 644 work/hard -> work/é "
          ]
        )
      })
    )
  }

  for (const tar of [["tar"], ["tar", "--format=pax"], ["tar", "--format=ustar"], ["busybox", "tar"]]) {
    const program = ["/bin", "/usr/bin"].map((place) => join(place, tar[0] ?? "")).find((path) => existsSync(path))
    if (program === undefined) continue
    it(`keeps the bytes of names that ${tar.join(" ")} writes`, () => {
      const folder = mkdtempSync(join(tmpdir(), "podwright-tar-"))
      const stem = tar.includes("--format=ustar") ? "short" : long
      const name = Buffer.from(`caf\xe9-${stem.slice(0, 200)}`, "latin1")
      const deep = Buffer.concat([Buffer.from(`${folder}/`), name])
      mkdirSync(deep)
      const file = Buffer.concat([deep, Buffer.from("/"), name])
      writeFileSync(file, "one")
      const link = Buffer.concat([deep, Buffer.from("/link")])
      symlinkSync(name, link)
      const archive = execFileSync(program, [...tar.slice(1), "-cf", "-", "."], { cwd: folder })
      rmSync(folder, { recursive: true })
      const { damage, entries } = readAll(archive, 700)
      assert.isUndefined(damage)
      const shown = byteName(name)
      assert.include(shown, "caf\\xe9-")
      const found = entries.map((entry) => entry.replace(/^(\w+) \d+/, "$1")).sort()
      assert.deepStrictEqual(found, [
        "Directory ./ ->  ",
        `Directory ./${shown}/ ->  `,
        `File ./${shown}/${shown} ->  one`,
        `Symlink ./${shown}/link -> ${shown} `
      ])
    })
  }

  it.effect("says what is damaged, once, and reads no further", () =>
    Effect.gen(function* () {
      const archive = yield* encoded([Tar.file("work/a", "a"), Tar.file("work/b", "b")])
      const damaged = Buffer.from(archive)
      damaged[1024] = 0x58
      assert.deepStrictEqual(readAll(damaged, 100).damage, "a header's checksum is wrong")
      assert.strictEqual(readAll(damaged, 100).entries.length, 1)
      assert.isFalse(readAll(archive.subarray(0, 600), 100).whole)
      assert.isFalse(readAll(archive.subarray(0, 1500), 100).whole)
      assert.isTrue(readAll(archive.subarray(0, 1024), 100).whole)
      const after = Buffer.concat([archive, archive])
      assert.deepStrictEqual(readAll(after, 100), readAll(archive, 100))
    })
  )

  const header = (typeflag: string, size: string) => {
    const block = Buffer.alloc(512)
    block.write("work/x")
    block.write(size, 124, "latin1")
    block.write(typeflag, 156)
    block.write("        ", 148)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
    return block
  }
  const record = (text: string) => {
    const data = Buffer.from(text, "latin1")
    return Buffer.concat([header("x", data.length.toString(8)), data, Buffer.alloc(512 - (data.length % 512))])
  }
  for (const [what, archive, detail] of [
    ["sparse files", header("S", "0"), /sparse/],
    ["a length that is no number", header("0", "9"), /not octal/],
    ["a length beyond all", header("0", "\xff".repeat(12)), /out of range/],
    ["a negative length", header("0", "\x80\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff"), /out of range/],
    ["an endless name", header("L", "77777777"), /exceeds the limit/],
    ["a record without a length", record("path=work/a\n"), /malformed/],
    ["a record longer than its header", record("99 path=work/a\n"), /malformed/],
    ["a record of nothing", record("0 path=a\n"), /malformed/],
    ["a record without a key", record("5 aaa\n"), /malformed/],
    ["a name with a NUL byte", record("17 path=work/a\0b\n"), /NUL/],
    ["a size that is no number", record("12 size=1e3\n"), /no number/],
    ["an entry after the end", Buffer.concat([Buffer.alloc(512), header("0", "0")]), /follows the end/]
  ] as const) {
    it(`takes ${what} for damage`, () => assert.match(readAll(archive, 200).damage ?? "", detail))
  }
})
