/**
 * The arguments of a filter or function by name, each asked for as the type it has to have: a wrong
 * one is told by its name and kind, never by its value. Pure.
 */
import { stop } from "./Problem.ts"
import { isList, isMap, isNumber, kindOf, type Value, type ValueList, type ValueMap } from "./Values.ts"

/** An argument as it was written: by name, or by its place. */
export interface GivenArgument {
  readonly name: string | null
  readonly value: Value
}

export class Arguments {
  readonly #of: string
  readonly #values: ReadonlyMap<string, Value>

  private constructor(of: string, values: ReadonlyMap<string, Value>) {
    this.#of = of
    this.#values = values
  }

  /** Gives each argument its name. */
  static bind(of: string, names: ReadonlyArray<string>, given: ReadonlyArray<GivenArgument>): Arguments {
    const values = new Map<string, Value>()
    for (const [index, argument] of given.entries()) {
      const name = argument.name ?? names[index]
      const known = names.length === 0 ? "it takes none" : `its arguments are ${names.join(", ")}`
      if (name === undefined) return stop(`${of} has too many arguments; ${known}`)
      if (!names.includes(name)) return stop(`${of} has no argument '${name}'; ${known}`)
      if (values.has(name)) return stop(`${of} has '${name}' twice`)
      values.set(name, argument.value)
    }
    return new Arguments(of, values)
  }

  #wrong(name: string, expected: string, value: Value | undefined): never {
    return stop(
      value === undefined
        ? `${this.#of} needs '${name}', ${expected}`
        : `${this.#of}: '${name}' is ${expected}, not ${kindOf(value)}`
    )
  }

  /** What was given; an argument that is null counts as not given. */
  #given(name: string): Value | undefined {
    return this.#values.get(name) ?? undefined
  }

  has(name: string): boolean {
    return this.#given(name) !== undefined
  }

  any(name: string): Value {
    const value = this.#values.get(name)
    return value === undefined ? this.#wrong(name, "a value", value) : value
  }

  optionalText(name: string): string | undefined {
    const value = this.#given(name)
    return value === undefined || typeof value === "string" ? value : this.#wrong(name, "a text", value)
  }

  text(name: string, otherwise?: string): string {
    return this.optionalText(name) ?? otherwise ?? this.#wrong(name, "a text", undefined)
  }

  whole(name: string, otherwise?: number): number {
    const value = this.#given(name)
    if (value === undefined && otherwise !== undefined) return otherwise
    return typeof value === "bigint" ? Number(value) : this.#wrong(name, "a whole number", value)
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.#given(name) ?? otherwise
    return typeof value === "boolean" ? value : this.#wrong(name, "a boolean", value)
  }

  map(name: string): ValueMap {
    const value = this.#given(name)
    return value !== undefined && isMap(value) ? value : this.#wrong(name, "a map", value)
  }
}

/** The input of a filter that takes lists alone. */
export const listInput = (filter: string, value: Value): ValueList =>
  isList(value) ? value : stop(`${filter} needs a list, not ${kindOf(value)}`)

/** The input of a filter that takes numbers alone. */
export const numberInput = (filter: string, value: Value): bigint | number =>
  isNumber(value) ? value : stop(`${filter} needs a number, not ${kindOf(value)}`)
