/**
 * What the parser of arguments says of them. It quotes arguments as they are: here each becomes a
 * part of one line, bounded, and one that is the content of a file (a kubeconfig, a token) is not
 * repeated. Pure but for `parserPresenter`, which prints.
 */
import { shownValue } from "@podwright/spec-builder"
import { CliError, CliOutput } from "effect/cli"

/** Characters of an argument that a message quotes. */
const SHOWN = 100

/** What is wrong with the arguments of a command. */
type ParserError = Exclude<CliError.CliError, CliError.ShowHelp>

/** The same error, about arguments that may be printed. */
export const printable = (error: ParserError): ParserError => {
  switch (error._tag) {
    case "InvalidValue":
      return new CliError.InvalidValue({ ...error, value: shownValue(error.value, SHOWN) })
    case "UnrecognizedOption":
      return new CliError.UnrecognizedOption({ ...error, option: shownValue(error.option, SHOWN) })
    case "UnknownSubcommand":
      return new CliError.UnknownSubcommand({ ...error, subcommand: shownValue(error.subcommand, SHOWN) })
    case "UnexpectedArgument":
      return new CliError.UnexpectedArgument({ arguments: error.arguments.map((one) => shownValue(one, SHOWN)) })
    default:
      return error
  }
}

/** Prints as the parser does, errors with what may be printed. */
export const parserPresenter: CliOutput.Presenter = {
  present: (event) =>
    CliOutput.defaultPresenter.present(
      event._tag === "InvalidInvocation" ? { ...event, errors: event.errors.map(printable) } : event
    )
}
