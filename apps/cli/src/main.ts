#!/usr/bin/env node
/** The entry of the process: arguments in, exit code out. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Logger } from "effect"
import { CliOutput, Command } from "effect/cli"
import manifest from "../package.json" with { type: "json" }
import { CommandExit } from "./CommandExit.ts"
import { podwright } from "./cli.ts"
import { BAD_INPUT } from "./ExitCode.ts"
import { boundHeapGrowth } from "./HeapGrowth.ts"
import { parserPresenter } from "./report/ParserErrors.ts"
import { reportLogger } from "./report/ReportLogger.ts"
import { runMain } from "./Termination.ts"

boundHeapGrowth()

Command.run(podwright, { version: manifest.version }).pipe(
  Effect.catchTags({
    // The parser has printed what is wrong and the help; asking for help is no error.
    ShowHelp: (error) => (error.errors.length === 0 ? Effect.void : Effect.fail(new CommandExit({ code: BAD_INPUT }))),
    // Whoever read our output has gone: cancelled, as by a signal.
    OutputClosed: () => Effect.interrupt
  }),
  Effect.provide(
    Layer.mergeAll(NodeServices.layer, Logger.layer([reportLogger]), CliOutput.layerPresenter(parserPresenter))
  ),
  runMain
)
