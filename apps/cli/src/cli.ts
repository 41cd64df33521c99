/** The command tree. Only wiring: what a command does is in `commands/`. */
import { Command } from "effect/cli"
import { cancel } from "./commands/cancel/CancelFlags.ts"
import { clean } from "./commands/clean/CleanFlags.ts"
import { cluster } from "./commands/cluster/ClusterCommand.ts"
import { doctor } from "./commands/doctor/DoctorFlags.ts"
import { exec } from "./commands/exec/ExecFlags.ts"
import { attach } from "./commands/logs/AttachFlags.ts"
import { logs } from "./commands/logs/LogsFlags.ts"
import { properties } from "./commands/properties/PropertiesCommand.ts"
import { ps } from "./commands/ps/PsFlags.ts"
import { rbac } from "./commands/rbac/RbacCommand.ts"
import { render } from "./commands/render/RenderFlags.ts"
import { run } from "./commands/run/RunFlags.ts"
import { schema } from "./commands/schema/SchemaCommand.ts"

/** The command `podwright` with all its subcommands. */
export const podwright = Command.make("podwright").pipe(
  Command.withDescription(
    "Runs one task in one Kubernetes pod: files in, commands run, logs live, files out, pod deleted"
  ),
  Command.withSubcommands([
    run,
    ps,
    logs,
    attach,
    exec,
    cancel,
    render,
    schema,
    properties,
    doctor,
    rbac,
    clean,
    cluster
  ])
)
