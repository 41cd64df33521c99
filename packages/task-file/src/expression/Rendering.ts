/** Renders a template in one scope: runs its tags and prints its expressions. No I/O of its own. */
import { Result } from "effect"
import type { SourcePosition } from "../YamlDocument.ts"
import { Arguments } from "./Arguments.ts"
import { Budget } from "./Budget.ts"
import { Evaluator } from "./Evaluator.ts"
import { type Answers, Host, type LoadedEngines } from "./Host.ts"
import { Problem, placed, stop } from "./Problem.ts"
import { Scope } from "./Scope.ts"
import { type Call, type MacroNode, type Nodes, parseTemplate, type TemplateNode } from "./Template.ts"
import { isList, isMap, kindOf, printed, type Value } from "./Values.ts"

/** `render()` goes on while there are expressions in what it rendered, this often. */
const PASSES = 10
const MARKS = /\{[{%#]/

type Node<Kind extends TemplateNode["kind"]> = Extract<TemplateNode, { readonly kind: Kind }>

const parsed = (text: string): Nodes => {
  const nodes = parseTemplate(text)
  return Result.isSuccess(nodes) ? nodes.success : stop(nodes.failure.message, nodes.failure.at)
}

/** Macros and blocks are known before they are reached. */
const define = (nodes: Nodes, scope: Scope): void => {
  for (const node of nodes) {
    if (node.kind === "macro") scope.definitions.macros.set(node.name, node)
    if (node.kind === "block") scope.definitions.blocks.set(node.name, node.body)
  }
}

class Rendering {
  readonly #budget = new Budget()
  readonly #evaluator: Evaluator

  constructor(host: Host) {
    this.#evaluator = new Evaluator(host, this.#budget, {
      call: (name, call, scope) => this.#call(name, call, scope),
      render: (text, scope, once, at) => this.#again(text, scope, once, at)
    })
  }

  run(nodes: Nodes, scope: Scope): string {
    let output = ""
    nodes.forEach((node, index) => {
      const next = nodes[index + 1]
      const trims = next !== undefined && next.kind !== "text" && next.trim
      const at = "at" in node ? node.at : undefined
      this.#budget.step(at)
      const piece = node.kind === "text" && trims ? node.text.trimEnd() : this.#placed(node, scope)
      this.#budget.output(piece.length, at)
      output += piece
    })
    return output
  }

  /** An expression that is the whole template. */
  alone(node: Node<"print">, scope: Scope, nothing: string): string {
    const value = placed(node.at, () => this.#evaluator.weighed(node.value, scope))
    return value === null ? nothing : printed(value)
  }

  /** What is found in a text inside a tag is told at the tag. */
  #placed(node: TemplateNode, scope: Scope): string {
    if (!("at" in node)) return this.#node(node, scope)
    return placed(node.at, () => this.#budget.level(node.at, () => this.#node(node, scope)))
  }

  #node(node: TemplateNode, scope: Scope): string {
    switch (node.kind) {
      case "text":
      case "raw":
        return node.text
      case "comment":
      case "macro":
        return ""
      case "print":
        return printed(this.#evaluator.weighed(node.value, scope))
      case "if": {
        const branch = node.branches.find(({ when }) => this.#evaluator.holds(when, scope))
        return this.run(branch?.body ?? node.otherwise, scope)
      }
      case "for":
        return this.#loop(node, scope)
      case "set":
        scope.set(node.name, this.#evaluator.value(node.value, scope))
        return ""
      case "block":
        return this.run(node.body, scope)
      case "filterTag": {
        const body: Value = this.run(node.body, scope)
        return printed(
          node.filters.reduce<Value>((value, call) => this.#evaluator.filtered(call, () => value, scope), body)
        )
      }
    }
  }

  #loop(node: Node<"for">, scope: Scope): string {
    const value = this.#evaluator.value(node.items, scope)
    if (value === null) return ""
    const items: ReadonlyArray<Value> = isList(value)
      ? value
      : isMap(value)
        ? Array.from(
            value,
            ([key, one]) =>
              new Map<string, Value>([
                ["key", key],
                ["value", one]
              ])
          )
        : stop(`'for' needs a list or a map, not ${kindOf(value)}`, node.at)
    if (items.length === 0) return this.run(node.otherwise, scope)
    const last = items.length - 1
    return items
      .map((item, index) => {
        const loop = new Map<string, Value>([
          ["index", BigInt(index)],
          ["length", BigInt(items.length)],
          ["first", index === 0],
          ["last", index === last],
          ["revindex", BigInt(last - index)]
        ])
        return this.run(
          node.body,
          scope.within([
            [node.name, item],
            ["loop", loop]
          ])
        )
      })
      .join("")
  }

  #call(name: string, call: Call, scope: Scope): Value | undefined {
    const macro = scope.definitions.macros.get(name)
    if (macro !== undefined) return this.#budget.call(call.at, () => this.#macro(macro, call, scope))
    if (name !== "block") return undefined
    const [argument] = call.args
    const wanted = argument === undefined ? "" : printed(this.#evaluator.weighed(argument.value, scope))
    const body = scope.definitions.blocks.get(wanted)
    const known = [...scope.definitions.blocks.keys()].join(", ")
    if (body === undefined) return stop(`there is no such block; there are: ${known === "" ? "none" : known}`, call.at)
    return this.#budget.call(call.at, () => this.run(body, scope))
  }

  #macro(macro: MacroNode, call: Call, scope: Scope): string {
    const names = macro.parameters.map(({ name }) => name)
    const given = this.#evaluator.given(call.args, scope)
    const args = placed(call.at, () => Arguments.bind(macro.name, names, given))
    const own = macro.parameters.map(({ name, value }): readonly [string, Value] => {
      if (args.has(name)) return [name, args.any(name)]
      return [name, value === null ? null : this.#evaluator.value(value, scope)]
    })
    return this.run(macro.body, scope.macro(own))
  }

  /** What is wrong in the text is told at the call: its own places are in no file. */
  #again(text: string, scope: Scope, once: boolean, at: SourcePosition): string {
    return this.#budget.call(at, () => {
      let rendered = text
      for (let pass = 0; MARKS.test(rendered); pass++) {
        if (pass === PASSES) return stop(`render() finds expressions after ${PASSES} passes: use renderOnce()`, at)
        const next = this.#inside(rendered, scope, at)
        // What stays as it is is text with such marks.
        if (once || next === rendered) return next
        rendered = next
      }
      return rendered
    })
  }

  #inside(text: string, scope: Scope, at: SourcePosition): string {
    try {
      const nodes = parsed(text)
      define(nodes, scope)
      return this.run(nodes, scope)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      throw error.renamed(error.message.endsWith(INSIDE) ? error.message : `${error.message} ${INSIDE}`, at)
    }
  }
}

const INSIDE = "(inside a rendered text)"

/** What a rendering needs besides its text. */
export interface RenderingScope {
  readonly values: ReadonlyMap<string, Value>
  readonly answers: Answers
  readonly engines: LoadedEngines
  /** What a template that is one expression prints where its value is null. */
  readonly nothing: string
}

/** Renders a text; throws `Problem`, or `NeedsEngine` where it has to be rendered anew. */
export const renderTemplate = (text: string, { answers, engines, nothing, values }: RenderingScope): string => {
  const scope = new Scope(values, { macros: new Map(), blocks: new Map() })
  try {
    const nodes = parsed(text)
    define(nodes, scope)
    const rendering = new Rendering(new Host(answers, engines))
    const [only, ...more] = nodes
    return only?.kind === "print" && more.length === 0
      ? rendering.alone(only, scope, nothing)
      : rendering.run(nodes, scope)
  } catch (error) {
    // Only where frames are larger than the budget of levels takes them to be.
    if (error instanceof RangeError) return stop("the expression is nested too deep", { line: 1, column: 1 })
    throw error
  }
}
