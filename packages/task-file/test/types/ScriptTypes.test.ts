import { assert, describe, it } from "@effect/vitest"
import { refusedType, scriptType, scriptTypeNames } from "../../src/types/ScriptTypes.ts"

describe("refusedType", () => {
  it.each([
    ["core.flow.If", /^flow\.If chooses between tasks, an orchestrator's work: .*runIf/],
    ["core.flow.Switch", /^flow\.Switch chooses between tasks/],
    ["core.flow.Parallel", /^flow\.Parallel runs tasks at the same time/],
    ["core.flow.ForEach", /^flow\.ForEach repeats tasks for each value/],
    ["core.flow.Dag", /^flow\.Dag runs tasks at the same time/],
    ["core.flow.ForEachItem", /^flow\.ForEachItem repeats tasks for each value/],
    ["core.flow.LoopUntil", /^flow\.LoopUntil repeats tasks for each value/],
    ["core.flow.EachSequential", /^flow\.EachSequential repeats tasks for each value/],
    ["core.flow.Template", /^flow\.Template starts another flow/],
    ["core.flow.Sleep", /^flow\.Sleep waits for a person or a time/],
    ["core.execution.Labels", /^execution\.Labels speaks to a Kestra server/],
    ["core.storage.PurgeCurrentExecutionFiles", /speaks to a Kestra server/],
    ["git.SyncNamespaceFiles", /^git\.SyncNamespaceFiles fetches a repository/],
    ["graalvm.js.Eval", /^js\.Eval runs inside a Kestra server's Java/],
    ["core.flow.Subflow", /^flow\.Subflow starts another flow/],
    ["core.flow.Pause", /^flow\.Pause waits for a person or a time/],
    ["core.log.Log", /^log\.Log runs nothing in a pod: leave it out/],
    ["git.Clone", /^git\.Clone fetches a repository: clone it yourself/],
    ["core.http.Download", /^http\.Download fetches a file: inputFiles takes its address/],
    ["core.http.Request", /^http\.Request runs inside a Kestra server.*curl/],
    ["core.kv.Set", /^kv\.Set speaks to a Kestra server/],
    ["jdbc.postgresql.Query", /^postgresql\.Query runs inside a Kestra server.*psql/],
    ["aws.s3.Upload", /^s3\.Upload runs inside a Kestra server.*command-line tool/],
    ["slack.notifications.SlackIncomingWebhook", /^notifications\.SlackIncomingWebhook .*curl/],
    ["scripts.jython.Eval", /^jython\.Eval runs inside a Kestra server's Java/],
    ["docker.Run", /^docker\.Run runs an image's own program/],
    ["docker.Build", /^docker\.Build needs a Docker daemon/],
    ["singer.taps.PipelinewisePostgres", /^taps\.PipelinewisePostgres is run by Kestra itself in Docker/],
    ["fivetran.connectors.Sync", /^connectors\.Sync is no script task: it runs inside a Kestra server/]
  ])("knows what %s is", (name, expected) => {
    assert.match(refusedType(`io.kestra.plugin.${name}`), expected)
  })

  it.each([
    ["flows.Switch", /chooses between tasks/],
    ["flows.Dag", /runs tasks at the same time/],
    ["flows.EachParallel", /repeats tasks for each value/],
    ["flows.Flow", /starts another flow/],
    ["flows.Pause", /waits for a person or a time/],
    ["states.Set", /speaks to a Kestra server/],
    ["storages.LocalFiles", /hands files to other tasks/]
  ])("knows what the older core.tasks.%s is", (name, expected) => {
    assert.match(refusedType(`io.kestra.core.tasks.${name}`), expected)
  })

  it.each([
    ["io.kestra.plugin.scripts.shells.Commands", "io.kestra.plugin.scripts.shell.Commands"],
    ["io.kestra.plugin.scripts.python.script", "io.kestra.plugin.scripts.python.Script"],
    ["io.kestra.plugin.dbt.cli.DbtCli", "io.kestra.plugin.dbt.cli.DbtCLI"]
  ])("says what %s was probably to be", (name, expected) => {
    assert.strictEqual(refusedType(name), `unknown task type '${name}'; did you mean '${expected}'?`)
  })

  it("says nothing of a type that it takes", () => {
    assert.isAbove(scriptTypeNames().length, 60)
    assert.strictEqual(new Set(scriptTypeNames()).size, scriptTypeNames().length)
    assert.isUndefined(scriptType("io.kestra.plugin.core.log.Log"))
  })
})
