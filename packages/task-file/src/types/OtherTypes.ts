/**
 * Types that are known and are no script tasks: what each is, and what to do instead. The table goes
 * from the particular to the general; the first row that matches speaks. Pure.
 */

const PODWRIGHT = "podwright runs script tasks one after the other"

/** Rows of a name's last part, or of a prefix that ends with a dot, below `io.kestra.`. */
const SENTENCES: ReadonlyArray<readonly [names: ReadonlyArray<string>, sentence: (name: string) => string]> = [
  [
    ["plugin.core.flow.If", "plugin.core.flow.Switch", "core.tasks.flows.If", "core.tasks.flows.Switch"],
    (name) =>
      `${name} chooses between tasks, an orchestrator's work: ${PODWRIGHT}; set runIf on the tasks, or run the branch you want as a flow of its own`
  ],
  [
    ["plugin.core.flow.Parallel", "plugin.core.flow.Dag", "core.tasks.flows.Parallel", "core.tasks.flows.Dag"],
    (name) =>
      `${name} runs tasks at the same time, an orchestrator's work: run one podwright for each branch, or write them one after the other`
  ],
  [
    [
      "plugin.core.flow.ForEach",
      "plugin.core.flow.ForEachItem",
      "plugin.core.flow.EachSequential",
      "plugin.core.flow.EachParallel",
      "plugin.core.flow.LoopUntil",
      "core.tasks.flows.EachSequential",
      "core.tasks.flows.EachParallel",
      "core.tasks.flows.ForEachItem"
    ],
    (name) =>
      `${name} repeats tasks for each value, an orchestrator's work: call podwright once for each value, with --input`
  ],
  [
    ["plugin.core.flow.Subflow", "plugin.core.flow.Template", "core.tasks.flows.Flow", "core.tasks.flows.Subflow"],
    (name) => `${name} starts another flow, an orchestrator's work: run its file with podwright`
  ],
  [
    ["plugin.core.flow.Pause", "plugin.core.flow.Sleep", "core.tasks.flows.Pause"],
    (name) => `${name} waits for a person or a time, an orchestrator's work: leave it out`
  ],
  [["plugin.core.flow.", "core.tasks.flows."], (name) => `${name} steers a flow, an orchestrator's work: ${PODWRIGHT}`],
  [
    [
      "plugin.core.log.Log",
      "plugin.core.debug.Return",
      "plugin.core.debug.Echo",
      "plugin.core.output.OutputValues",
      "core.tasks.log.Log",
      "core.tasks.debugs.Return",
      "core.tasks.debugs.Echo"
    ],
    (name) => `${name} runs nothing in a pod: leave it out, or write the line with echo in a task of shell.Commands`
  ],
  [
    ["plugin.git.Clone", "plugin.git.SyncNamespaceFiles", "plugin.git.SyncFlows", "plugin.git.Sync"],
    (name) =>
      `${name} fetches a repository: clone it yourself, then name its folder in inputFiles, such as \`src: { path: ./src }\``
  ],
  [
    ["plugin.core.http.Download", "plugin.fs.http.Download"],
    (name) => `${name} fetches a file: inputFiles takes its address, such as \`data.csv: "https://…"\``
  ],
  [
    ["plugin.core.storage.LocalFiles", "core.tasks.storages.LocalFiles"],
    (name) => `${name} hands files to other tasks: write them in the inputFiles of the tasks that need them`
  ],
  [
    [
      "plugin.core.storage.",
      "plugin.core.execution.",
      "plugin.core.kv.",
      "plugin.core.state.",
      "core.tasks.storages.",
      "core.tasks.states.",
      "core.tasks.executions."
    ],
    (name) => `${name} speaks to a Kestra server, and podwright runs without one: leave it out`
  ],
  [
    ["plugin.core.http.Request", "plugin.fs.http.Request"],
    (name) =>
      `${name} runs inside a Kestra server, not in a container: send the request with curl in a task of shell.Commands`
  ],
  [
    [
      "plugin.scripts.jython.",
      "plugin.scripts.nashorn.",
      "plugin.scripts.groovy.Eval",
      "plugin.scripts.groovy.FileTransform",
      "plugin.graalvm.",
      "plugin.script."
    ],
    (name) =>
      `${name} runs inside a Kestra server's Java, without an image: write it as python.Script, node.Script or another language`
  ],
  [
    ["plugin.docker.Run", "plugin.docker.cli.Run"],
    (name) => `${name} runs an image's own program: write it as podwright's own form, which is image and commands`
  ],
  [["plugin.docker."], (name) => `${name} needs a Docker daemon, which pods do not have`],
  [
    ["plugin.singer."],
    (name) => `${name} is run by Kestra itself in Docker or as a process only: write its commands as python.Commands`
  ],
  [
    ["plugin.beam."],
    (name) => `${name} writes a program around its container: start your pipeline yourself, with python.Commands`
  ],
  [
    ["plugin.jdbc.", "plugin.mongodb.", "plugin.redis.", "plugin.elasticsearch.", "plugin.neo4j.", "plugin.cassandra."],
    (name) =>
      `${name} runs inside a Kestra server, not in a container: use the database's command-line client, such as psql, in its image`
  ],
  [
    ["plugin.aws.", "plugin.gcp.", "plugin.azure.", "plugin.minio."],
    (name) =>
      `${name} runs inside a Kestra server, not in a container: use the cloud's command-line tool, such as aws.cli.AwsCLI`
  ],
  [
    ["plugin.notifications.", "plugin.slack.", "plugin.discord.", "plugin.teams."],
    (name) =>
      `${name} runs inside a Kestra server, not in a container: send the message with curl in a task of shell.Commands`
  ],
  [
    ["plugin.", "core.tasks."],
    (name) =>
      `${name} is no script task: it runs inside a Kestra server, not in a container, and ${PODWRIGHT}; look for a command-line tool and run it in its image`
  ]
]

const ROOT = "io.kestra."

/** Languages: all of their types are in a table, so what is below and not there is misspelt. */
const LANGUAGES = "plugin.scripts."

/**
 * What a known type that is no script task is, and what to do instead; undefined for a type that is
 * not known, such as a misspelt one.
 */
export const otherType = (type: string): string | undefined => {
  if (!type.startsWith(ROOT)) return undefined
  const below = type.slice(ROOT.length)
  const fits = (name: string) => (name.endsWith(".") ? below.startsWith(name) : below === name)
  const row = SENTENCES.find(([names]) => names.some(fits))
  const isGeneral = row === SENTENCES.at(-1)
  if (row === undefined || (isGeneral && below.startsWith(LANGUAGES))) return undefined
  return row[1](type.split(".").slice(-2).join("."))
}
