import { assert, describe, it } from "@effect/vitest"
import { CliError } from "effect/cli"
import { printable } from "../../src/report/ParserErrors.ts"

const HOSTILE = "x\u001b[2J\npodwright: SUCCESS"
const TOKEN = "xoQ7Rr0cGmTnB4wYkP2LsD9fVhJ6uEaZ1iXt8KqN5b"
const LONG = "a ".repeat(60_000)

/** Every error that quotes an argument. */
const errors: Readonly<Record<string, (argument: string) => Parameters<typeof printable>[0]>> = {
  "a flag's bad value": (value) =>
    new CliError.InvalidValue({ option: "output", value, expected: '"text" | "json"', kind: "flag" }),
  "an argument's bad value": (value) =>
    new CliError.InvalidValue({ option: "file", value, expected: "a file", kind: "argument" }),
  "an unknown flag": (option) => new CliError.UnrecognizedOption({ option, suggestions: [] }),
  "an unknown command": (subcommand) =>
    new CliError.UnknownSubcommand({ subcommand, parent: ["podwright"], suggestions: [] }),
  "an argument too many": (argument) => new CliError.UnexpectedArgument({ arguments: ["b", argument] })
}

describe("printable", () => {
  for (const [what, error] of Object.entries(errors))
    it(`shows ${what} in one line, bounded, and no content given in its place`, () => {
      assert.include(printable(error("plain")).message, "plain")
      for (const argument of [HOSTILE, TOKEN, LONG]) {
        const { message } = printable(error(argument))
        assert.notMatch(message, /\p{Cc}/u)
        assert.isBelow(message.length, 400)
        assert.notInclude(message, argument.slice(0, 20))
        assert.include(message, `… (${argument.length} characters)`)
      }
    })

  it("leaves an error without an argument as it is", () => {
    const error = new CliError.MissingArgument({ argument: "file" })
    assert.strictEqual(printable(error), error)
  })
})
