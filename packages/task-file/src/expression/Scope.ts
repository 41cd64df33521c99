/**
 * The names that an expression sees: those of the template, and of each loop and macro around it.
 * No I/O.
 */
import type { MacroNode, Nodes } from "./Template.ts"
import type { Value } from "./Values.ts"

/** What a template defines for all of itself, wherever it stands. */
export interface Definitions {
  readonly macros: Map<string, MacroNode>
  readonly blocks: Map<string, Nodes>
}

export class Scope {
  readonly definitions: Definitions
  readonly #own: Map<string, Value>
  readonly #parent: Scope | undefined

  constructor(own: Iterable<readonly [string, Value]>, definitions: Definitions, parent?: Scope) {
    this.#own = new Map(own)
    this.definitions = definitions
    this.#parent = parent
  }

  /** A scope inside this one. */
  within(own: Iterable<readonly [string, Value]>): Scope {
    return new Scope(own, this.definitions, this)
  }

  /** A macro sees its parameters alone. */
  macro(own: Iterable<readonly [string, Value]>): Scope {
    return new Scope(own, this.definitions)
  }

  get(name: string): Value | undefined {
    return this.#own.get(name) ?? (this.#own.has(name) ? null : this.#parent?.get(name))
  }

  /** `set` reaches out of loops, to where the name is known or else to the outermost. */
  set(name: string, value: Value): void {
    if (this.#parent === undefined || this.#own.has(name)) this.#own.set(name, value)
    else this.#parent.set(name, value)
  }

  names(): ReadonlyArray<string> {
    return [...this.#own.keys(), ...(this.#parent?.names() ?? [])]
  }
}
