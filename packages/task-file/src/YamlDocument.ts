/**
 * A YAML text as plain values, with the place of every one of them. No I/O; knows YAML and nothing
 * of tasks.
 *
 * Values are read by YAML 1.2: `yes` and `on` are text, as most people mean them. A number with a
 * leading zero is refused, because 0644 is 420 for YAML 1.1, which Kubernetes tools read, and 644
 * for YAML 1.2. Numbers keep their digits, as `JsonNumbers.ts` of spec-builder has them; where a text
 * is meant, a number or boolean is its text.
 */
import { keepDecimals, wholeNumber } from "@podwright/spec-builder"
import { Result } from "effect"
import { type Document, isAlias, isMap, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml"
import { SCALAR_STYLES, sourceOffset } from "./ScalarPlace.ts"
import { messageOf, TaskFileError, TaskFileIssue } from "./TaskFileError.ts"

/** Leads to a value: keys of objects and places in lists, from the document's root. */
export type Path = ReadonlyArray<string | number>

/** A place in a file; both count from 1. */
export interface SourcePosition {
  readonly line: number
  readonly column: number
}

/**
 * Aliases may repeat a value this often: enough for shared settings, too few to blow up a document.
 */
const ALIAS_LIMIT = 100

const LEADING_ZERO = /^[-+]?0[0-9_]+$/

/** A plain scalar that is no text, while values are made: what it is, and how it is written. */
class Written {
  readonly value: number | bigint | boolean
  readonly text: string

  constructor(value: number | bigint | boolean, text: string) {
    this.value = value
    this.text = text
  }
}

/** The texts of the scalars of every object and list, as they are written. */
type Texts = WeakMap<object, ReadonlyMap<string, string>>

/** Whether a text is meant at a path, whatever it looks like. `root` is the whole document. */
export type IsText = (path: Path, root: unknown) => boolean

/** A document's values, with what only their text told. */
interface Values {
  readonly value: unknown
  readonly texts: Texts
  /** Where numbers stand that not all readers of YAML take for the same one, and their text. */
  readonly ambiguous: ReadonlyArray<readonly [path: Path, text: string]>
}

/** The values that YAML's reader made, with numbers as programs have them. */
const settled = (root: unknown, isText: IsText): Values => {
  const texts: Texts = new WeakMap()
  const ambiguous: Array<readonly [Path, string]> = []
  const scalar = ({ text, value }: Written, path: Path) => {
    if (isText(path, root)) return text
    if (typeof value !== "boolean" && LEADING_ZERO.test(text)) ambiguous.push([path, text])
    return typeof value === "bigint" ? wholeNumber(String(value)) : value
  }
  const settle = (value: unknown, path: Path): unknown => {
    if (value instanceof Written) return scalar(value, path)
    if (typeof value !== "object" || value === null) return value
    const entries = Object.entries(value)
    const container: object = Array.isArray(value)
      ? value.map((one: unknown, index) => settle(one, [...path, index]))
      : Object.fromEntries(entries.map(([key, one]) => [key, settle(one, [...path, key])]))
    const written = entries.flatMap(([key, one]) => (one instanceof Written ? [[key, one] as const] : []))
    texts.set(container, new Map(written.map(([key, { text }]) => [key, text])))
    const decimals = written.filter(([, one]) => typeof one.value === "number")
    return keepDecimals(
      container,
      decimals.map(([key]) => key)
    )
  }
  return { value: settle(root, []), texts, ambiguous }
}

/** A scalar that is read as a number or boolean knows its text from now on; a key is its text. */
const keepTexts = (document: Document): void =>
  visit(document, {
    Scalar: (place, node) => {
      const { source, value } = node
      if (node.type !== "PLAIN" || source === undefined) return
      if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") return
      node.value = place === "key" ? source : new Written(value, source)
    }
  })

const valueIn = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root
  )

/** A YAML document whose values know their places. */
export class YamlDocument {
  readonly fileName: string
  /** The document as plain values; `undefined` when it is empty. */
  readonly value: unknown
  readonly #source: string
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #texts: Texts
  /** Leads a path to where its value was written. */
  readonly #written: (path: Path) => Path

  private constructor(
    fileName: string,
    source: string,
    document: Document,
    lines: LineCounter,
    { texts, value }: Pick<Values, "value" | "texts">,
    written: (path: Path) => Path
  ) {
    this.fileName = fileName
    this.#source = source
    this.#document = document
    this.#lines = lines
    this.value = value
    this.#texts = texts
    this.#written = written
  }

  /**
   * Parses one document; fails with every syntax error, duplicate key and ambiguous number. `isText`
   * names the places where a number is meant as a text.
   */
  static parse(
    source: string,
    fileName: string,
    isText: IsText = () => false
  ): Result.Result<YamlDocument, TaskFileError> {
    const lines = new LineCounter()
    const document = parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      version: "1.2",
      intAsBigInt: true
    })
    const issues = document.errors.map((error) => {
      const { col, line } = lines.linePos(error.pos[0])
      // The library's own words for this one speak to a programmer.
      const message =
        error.code === "MULTIPLE_DOCS" ? "another document begins here; a file holds one task or flow" : error.message
      return new TaskFileIssue({ message, file: fileName, line, column: col, path: [] })
    })
    const [first, ...rest] = issues
    if (first !== undefined) return Result.fail(new TaskFileError({ operation: "parse", issues: [first, ...rest] }))
    try {
      keepTexts(document)
      const values = settled(document.toJS({ maxAliasCount: ALIAS_LIMIT }), isText)
      const read = new YamlDocument(fileName, source, document, lines, values, (path) => path)
      const [one, ...more] = values.ambiguous.map(([path, text]) => {
        const octal = text.replace(/^([-+]?)0+/, "$10o")
        return read.issue(
          path,
          `${text} is not the same number to all YAML readers; write ${octal} for octal, or "${text}" for text`
        )
      })
      return one === undefined
        ? Result.succeed(read)
        : Result.fail(new TaskFileError({ operation: "parse", issues: [one, ...more] }))
    } catch (error) {
      // The alias limit is enforced while values are made.
      const message =
        error instanceof RangeError ? "it is nested too deep, or an alias leads into itself" : messageOf(error)
      const issue = new TaskFileIssue({ message, file: fileName, line: 1, column: 1, path: [] })
      return Result.fail(new TaskFileError({ operation: "parse", issues: [issue] }))
    }
  }

  /**
   * The same document for a reader whose values do not stand where they were written: what is asked
   * about a path at `to`, or below it, is answered about `from`.
   */
  withMoved(moved: ReadonlyArray<readonly [to: Path, from: Path]>): YamlDocument {
    if (moved.length === 0) return this
    const origins = new Map(moved.map(([to, from]) => [to.join("\0"), from]))
    const written = (path: Path): Path => {
      for (let length = path.length; length > 0; length--) {
        const from = origins.get(path.slice(0, length).join("\0"))
        if (from !== undefined) return this.#written([...from, ...path.slice(length)])
      }
      return this.#written(path)
    }
    const values = { value: this.value, texts: this.#texts }
    return new YamlDocument(this.fileName, this.#source, this.#document, this.#lines, values, written)
  }

  #node(path: Path): Node | undefined {
    return this.#nodeAt(this.#written(path))
  }

  #nodeAt(path: Path): Node | undefined {
    const node = this.#document.getIn(path, true)
    if (isAlias(node)) return node.resolve(this.#document)
    return isScalar(node) || isMap(node) || (typeof node === "object" && node !== null && "range" in node)
      ? (node as Node)
      : undefined
  }

  #at(offset: number): SourcePosition {
    const { col, line } = this.#lines.linePos(offset)
    return { line, column: col }
  }

  /**
   * Where the value at a path begins; for a path that leads nowhere, where the nearest one above it
   * does.
   */
  positionOf(path: Path): SourcePosition {
    const written = this.#written(path)
    for (let length = written.length; length >= 0; length--) {
      const range = this.#nodeAt(written.slice(0, length))?.range
      if (range) return this.#at(range[0])
    }
    return { line: 1, column: 1 }
  }

  /** Where the last key of a path stands. */
  positionOfKey(place: Path): SourcePosition {
    const path = this.#written(place)
    const parent = this.#nodeAt(path.slice(0, -1))
    const key = path.at(-1)
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key))
      : undefined
    const range = isScalar(pair?.key) ? pair.key.range : undefined
    return range ? this.#at(range[0]) : this.positionOf(place)
  }

  /** The text of a scalar as it was written: `1.50` stays `1.50`. */
  textOf(path: Path): string | undefined {
    const place = this.#written(path)
    const [container, value] = [valueIn(this.value, place.slice(0, -1)), valueIn(this.value, place)]
    if (typeof value === "string") return value
    if (typeof container !== "object" || container === null) return undefined
    return this.#texts.get(container)?.get(String(place.at(-1)))
  }

  /**
   * Where a place inside a text stands in the file; `line` and `column` count within the text's value.
   * Where the text begins, if the value is not what stands there.
   */
  positionInside(path: Path, text: string, inside: SourcePosition): SourcePosition {
    const node = this.#node(path)
    if (!isScalar(node) || !node.range) return this.positionOf(path)
    const [start, end] = node.range
    const lines = text.split("\n").slice(0, inside.line - 1)
    const offset = lines.reduce((sum, line) => sum + line.length + 1, inside.column - 1)
    const style = SCALAR_STYLES.find((one) => one === node.type) ?? "PLAIN"
    const found = sourceOffset(this.#source.slice(start, end), style, text, offset)
    return found === undefined ? this.positionOf(path) : this.#at(start + found)
  }

  /** An issue at the value, or with `key` at the key, that a path leads to. */
  issue(path: Path, message: string, at: "value" | "key" | SourcePosition = "value"): TaskFileIssue {
    const position = at === "value" ? this.positionOf(path) : at === "key" ? this.positionOfKey(path) : at
    return new TaskFileIssue({ message, file: this.fileName, path: [...this.#written(path)], ...position })
  }
}
