/**
 * Evaluates expressions: a walk over the tree, within a budget. Names and keys that are not there
 * are thrown as `Missing`, which `??`, `default` and `is defined` catch. No I/O but what the host
 * answers.
 */
import type { SourcePosition } from "../YamlDocument.ts"
import { Arguments, type GivenArgument } from "./Arguments.ts"
import type { Budget } from "./Budget.ts"
import { FILTERS, TESTS } from "./Filters.ts"
import { FUNCTIONS } from "./Functions.ts"
import type { Host } from "./Host.ts"
import { noFilter, noFunction, noName, noTest } from "./Names.ts"
import { isTrue, negate, operate } from "./Operators.ts"
import { Missing, placed, stop } from "./Problem.ts"
import type { Scope } from "./Scope.ts"
import type { Argument, Call, Expression } from "./Template.ts"
import { DateTime, Decimal, isEmpty, isList, isMap, kindOf, printed, type Value } from "./Values.ts"

/** What an expression may start that is more than an expression. */
export interface TemplateCalls {
  /** A macro or `block()`; undefined where there is none of that name. */
  readonly call: (name: string, call: Call, scope: Scope) => Value | undefined
  /** `render()`: a text as a template of its own. */
  readonly render: (text: string, scope: Scope, once: boolean, at: SourcePosition) => string
}

type Node<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>

/** Nodes whose value is a new one. */
const MAKES: ReadonlyArray<Expression["kind"]> = ["interpolated", "list", "map", "binary", "filter", "call"]

const TEMPLATE_FUNCTIONS = ["block", "render", "renderOnce"]

/** How a path was written, as far as it is one; for messages. */
const pathOf = (node: Expression): string => {
  if (node.kind === "name") return node.name
  if (node.kind !== "access" || node.args !== null) return ""
  const before = pathOf(node.object)
  if (before === "" || node.key.kind !== "literal") return ""
  return `${before}.${String(node.key.value)}`
}

export class Evaluator {
  readonly #host: Host
  readonly #budget: Budget
  readonly #calls: TemplateCalls

  constructor(host: Host, budget: Budget, calls: TemplateCalls) {
    this.#host = host
    this.#budget = budget
    this.#calls = calls
  }

  value(node: Expression, scope: Scope): Value {
    if (node.kind === "literal") return node.value
    this.#budget.step(node.at)
    return this.#budget.level(node.at, () => {
      const value = this.#evaluate(node, scope)
      return MAKES.includes(node.kind) ? this.#budget.sized(value, node.at) : value
    })
  }

  /** A value that is about to be gone through. */
  weighed(node: Expression, scope: Scope): Value {
    return this.#budget.sized(this.value(node, scope), node.kind === "literal" ? undefined : node.at)
  }

  /** Whether a condition holds. */
  holds(node: Expression, scope: Scope): boolean {
    const value = this.value(node, scope)
    return node.kind === "literal" ? isTrue(value) : placed(node.at, () => isTrue(value))
  }

  filtered(call: Call, input: () => Value, scope: Scope): Value {
    const { at, name } = call
    if (name === "default") {
      const [given] = call.args
      const value = this.#present(input)
      if (given === undefined) return stop("default needs a value", at)
      return value === undefined || isEmpty(value) ? this.value(given.value, scope) : value
    }
    const definition = FILTERS.get(name)
    if (definition === undefined) return stop(noFilter(name, [...FILTERS.keys(), "default"]), at)
    const value = this.#budget.sized(input(), at)
    const given = this.given(call.args, scope)
    return placed(at, () => definition.call(value, Arguments.bind(name, definition.names, given), this.#host))
  }

  given(args: ReadonlyArray<Argument>, scope: Scope): ReadonlyArray<GivenArgument> {
    return args.map(({ name, value }) => ({ name, value: this.weighed(value, scope) }))
  }

  /** Undefined where a name or key is missing. */
  #present(evaluate: () => Value): Value | undefined {
    try {
      return evaluate()
    } catch (error) {
      if (error instanceof Missing) return undefined
      throw error
    }
  }

  #evaluate(node: Exclude<Expression, { kind: "literal" }>, scope: Scope): Value {
    switch (node.kind) {
      case "name": {
        const value = scope.get(node.name)
        if (value === undefined) throw new Missing(noName("", node.name, scope.names()), node.at)
        return value
      }
      case "access":
        return this.#access(node, scope)
      case "interpolated":
        return node.parts.map((part) => (typeof part === "string" ? part : printed(this.weighed(part, scope)))).join("")
      case "list":
        return node.items.map((item) => this.value(item, scope))
      case "map":
        return new Map(
          node.entries.map(({ key, value }) => [printed(this.weighed(key, scope)), this.value(value, scope)])
        )
      case "choice":
        return this.value(this.holds(node.when, scope) ? node.yes : node.no, scope)
      case "unary": {
        if (node.op === "not") return !this.holds(node.value, scope)
        const value = this.value(node.value, scope)
        return node.op === "+" ? value : placed(node.at, () => negate(value))
      }
      case "binary":
        return this.#binary(node, scope)
      case "filter":
        return this.filtered(node, () => this.value(node.left, scope), scope)
      case "is":
        return this.#test(node, scope) !== node.not
      case "call":
        return this.#function(node, scope)
    }
  }

  #access(node: Node<"access">, scope: Scope): Value {
    const object = this.value(node.object, scope)
    const key = this.weighed(node.key, scope)
    if (key === null) return stop("a key is null", node.at)
    const name = printed(key)
    const size = name === "size" || name === "length"
    if (node.args !== null && !(size && node.args.length === 0))
      return stop(
        `values have no methods here, so there is no '.${name}()': write a filter, as in 'x | upper'`,
        node.at
      )
    if (isList(object)) {
      const item = /^\d+$/.test(name) ? object[Number(name)] : undefined
      if (item !== undefined) return item
      if (name === "size") return BigInt(object.length)
      throw new Missing(`there is no '${name}' in a list of ${object.length}`, node.at)
    }
    if (typeof object === "string" && size) return BigInt(object.length)
    if (!isMap(object) || object instanceof DateTime || object instanceof Decimal) {
      const path = pathOf(node.object)
      throw new Missing(
        `there is no '${name}' in ${path === "" ? "" : `'${path}', which is `}${kindOf(object)}`,
        node.at
      )
    }
    const found = object.get(name)
    if (found !== undefined) return found
    if (name === "size") return BigInt(object.size)
    throw new Missing(noName(pathOf(node.object), name, Array.from(object.keys())), node.at)
  }

  #binary({ at, left, op, right }: Node<"binary">, scope: Scope): Value {
    switch (op) {
      case "??":
      case "???": {
        const value = this.#present(() => this.value(left, scope))
        return value === undefined || (value === null && op === "??") ? this.value(right, scope) : value
      }
      case "and":
        return this.holds(left, scope) && this.holds(right, scope)
      case "or":
        return this.holds(left, scope) || this.holds(right, scope)
      default: {
        const first = this.weighed(left, scope)
        const second = this.weighed(right, scope)
        return placed(at, () => operate(op, first, second))
      }
    }
  }

  #test(node: Node<"is">, scope: Scope): boolean {
    if (node.name === "defined") return (this.#present(() => this.value(node.left, scope)) ?? null) !== null
    const test = TESTS.get(node.name)
    if (test === undefined) return stop(noTest(node.name, [...TESTS.keys(), "defined"]), node.at)
    const value = this.weighed(node.left, scope)
    return placed(node.at, () => test(value))
  }

  #function(node: Node<"call">, scope: Scope): Value {
    const { args, at, name } = node
    const called = this.#calls.call(name, node, scope)
    if (called !== undefined) return called
    if (name === "render" || name === "renderOnce") {
      const bound = placed(at, () => Arguments.bind(name, ["toRender", "recursive"], this.given(args, scope)))
      const value = placed(at, () => bound.any("toRender"))
      const once = name === "renderOnce" || !placed(at, () => bound.boolean("recursive", true))
      return typeof value === "string" ? this.#calls.render(value, scope, once, at) : value
    }
    const definition = FUNCTIONS.get(name)
    if (definition === undefined) {
      const names = [...FUNCTIONS.keys(), ...TEMPLATE_FUNCTIONS, ...scope.definitions.macros.keys()]
      return stop(noFunction(name, names), at)
    }
    const given = this.given(args, scope)
    return placed(at, () => definition.call(name, given, this.#host))
  }
}
