/** The command tree. Only wiring: what a command does is in `commands/`. */
import { Command } from "effect/cli"
import { clean } from "./commands/clean.ts"
import { cluster } from "./commands/cluster.ts"
import { doctor } from "./commands/doctor.ts"
import { properties } from "./commands/properties.ts"
import { rbac } from "./commands/rbac.ts"
import { render } from "./commands/render.ts"
import { run } from "./commands/run.ts"

export const podwright = Command.make("podwright").pipe(
  Command.withDescription(
    "Runs one task in one Kubernetes pod: files in, commands run, logs live, files out, pod gone"
  ),
  Command.withSubcommands([run, render, properties, doctor, rbac, clean, cluster])
)
