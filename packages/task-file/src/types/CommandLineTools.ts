/**
 * The table of command-line tools: a type is an image, and its own keys are variables, files and
 * lines before the commands. Values of keys travel as variables wherever a shell would otherwise
 * read what is in them. Pure.
 */

import { pythonScript } from "./Languages.ts"
import { lines, type Parts, type ScriptType, type TaskKeys, variablesOf, type Written } from "./ScriptType.ts"
import { asYaml } from "./YamlText.ts"

/** Of types whose shell gets no `set -e`: a command that fails in the middle is not noticed, as there. */
const tool = (image: string, more: Partial<ScriptType> = {}): ScriptType => ({ image, failFast: false, ...more })

/** What does not stand in a folder of its own begins with this, so that it is nobody else's name. */
const CREDENTIALS = "podwright-credentials.json"

const aws = (keys: TaskKeys): Parts => {
  const role = variablesOf(keys, {
    stsRoleArn: "PODWRIGHT_ROLE_ARN",
    stsRoleExternalId: "PODWRIGHT_ROLE_EXTERNAL_ID",
    stsRoleSessionName: "PODWRIGHT_ROLE_SESSION_NAME",
    stsRoleSessionDuration: "PODWRIGHT_ROLE_DURATION"
  })
  const set = (setting: string, variable: string) =>
    role[variable] === undefined ? [] : [`aws configure set ${setting} "$${variable}" --profile podwright`]
  const asRole =
    role["PODWRIGHT_ROLE_ARN"] === undefined
      ? []
      : [
          ...set("role_arn", "PODWRIGHT_ROLE_ARN"),
          "aws configure set credential_source Environment --profile podwright",
          ...set("external_id", "PODWRIGHT_ROLE_EXTERNAL_ID"),
          ...set("role_session_name", "PODWRIGHT_ROLE_SESSION_NAME"),
          ...set("duration_seconds", "PODWRIGHT_ROLE_DURATION"),
          "export AWS_PROFILE=podwright"
        ]
  const env = variablesOf(keys, {
    accessKeyId: "AWS_ACCESS_KEY_ID",
    secretKeyId: "AWS_SECRET_ACCESS_KEY",
    sessionToken: "AWS_SESSION_TOKEN",
    region: "AWS_DEFAULT_REGION",
    endpointOverride: "AWS_ENDPOINT_URL",
    stsEndpointOverride: "AWS_ENDPOINT_URL_STS"
  })
  // The reference's default; it is what its own outputs are read from.
  const format = keys.text("outputFormat") ?? { text: "json" }
  return {
    env: { ...env, ...role, AWS_DEFAULT_OUTPUT: { ...format, text: format.text.toLowerCase() } },
    before: lines(...asRole)
  }
}

const azure = (keys: TaskKeys): Parts => {
  const env = variablesOf(keys, {
    username: "PODWRIGHT_AZ_USERNAME",
    password: "PODWRIGHT_AZ_PASSWORD",
    tenant: "PODWRIGHT_AZ_TENANT"
  })
  if (env["PODWRIGHT_AZ_USERNAME"] === undefined) return {}
  const options = [
    '-u "$PODWRIGHT_AZ_USERNAME"',
    ...(env["PODWRIGHT_AZ_PASSWORD"] === undefined ? [] : ['-p "$PODWRIGHT_AZ_PASSWORD"']),
    ...(env["PODWRIGHT_AZ_TENANT"] === undefined ? [] : ['--tenant "$PODWRIGHT_AZ_TENANT"']),
    ...(keys.flag("servicePrincipal", false) ? ["--service-principal"] : [])
  ]
  return { env, before: lines(`az login ${options.join(" ")}`) }
}

const gcloud =
  (folder: string) =>
  (keys: TaskKeys): Parts => {
    const account = keys.text("serviceAccount")
    const path = { text: `${folder}/${CREDENTIALS}` }
    return {
      files: account === undefined ? {} : { [CREDENTIALS]: account },
      env: {
        ...variablesOf(keys, { projectId: "CLOUDSDK_CORE_PROJECT" }),
        ...(account === undefined
          ? {}
          : { GOOGLE_APPLICATION_CREDENTIALS: path, CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: path })
      }
    }
  }

/** A key that is a text or a map, as a YAML file. */
const yamlFile = (keys: TaskKeys, key: string): Written | undefined => {
  const value = keys.value(key)
  if (value === undefined || value === null) return undefined
  return { text: typeof value === "string" ? value : asYaml(value), from: [key] }
}

const DBT_LOGS: Readonly<Record<string, string>> = { JSON: "json", TEXT: "text", DEBUG: "debug" }

/** What follows the last command of a line: dbt's options go to each command that is dbt's. */
const dbtCommand = (command: Written, options: ReadonlyArray<readonly [flag: string, value: string]>): Written => {
  const text = command.text.trimEnd()
  if (!/^dbt(\s|$)/.test(text)) return command
  const added = options.filter(([flag]) => !text.includes(flag)).map(([flag, value]) => ` ${flag} ${value}`)
  return { ...command, text: text + added.join("") }
}

const dbt = (keys: TaskKeys): Parts => {
  const project = keys.text("projectDir")
  const format = DBT_LOGS[keys.text("logFormat")?.text ?? "JSON"]
  const options: ReadonlyArray<readonly [string, string]> = [
    ...(project === undefined ? [] : [["--project-dir", project.text] as const]),
    ...(format === undefined ? [] : [["--log-format", format] as const]),
    ["--log-path", "logs"]
  ]
  const profiles = yamlFile(keys, "profiles")
  const target = project === undefined ? "target" : `${project.text.replace(/\/+$/, "")}/target`
  return {
    ...(keys.text("engine")?.text === "FUSION" ? { image: { text: "ghcr.io/kestra-io/dbt-fusion" } } : {}),
    ...(profiles === undefined ? {} : { files: { "profiles.yml": profiles } }),
    commands: keys.texts("commands").map((command) => dbtCommand(command, options)),
    // As patterns: a command such as `dbt deps` leaves neither.
    outputFiles: keys.flag("parseRunResults", true)
      ? lines(`${target}/run_results.jso[n]`, `${target}/manifest.jso[n]`)
      : []
  }
}

/** The older types: a command of dbt each, made of keys. Flags by key, in the order they are written. */
const dbtVerb = (verb: string): ScriptType =>
  tool("ghcr.io/kestra-io/dbt", {
    keys: {
      commands: "none",
      dbtPath: "text",
      debug: "flag",
      failFast: "flag",
      warnError: "flag",
      projectDir: "text",
      profiles: "any",
      profilesDir: "text",
      thread: "text",
      fullRefresh: "flag",
      target: "text",
      selector: "text",
      select: "texts",
      exclude: "texts",
      models: "texts",
      parseRunResults: "flag"
    },
    parts: (keys) => {
      const switches = [
        ["debug", "--debug"],
        ["failFast", "--fail-fast"],
        ["warnError", "--warn-error"]
      ] as const
      const values = [
        ["thread", "--threads"],
        ["target", "--target"],
        ["selector", "--selector"],
        ["select", "--select"],
        ["models", "--models"],
        ["exclude", "--exclude"]
      ] as const
      const profiles = yamlFile(keys, "profiles")
      const profilesDir = keys.text("profilesDir")?.text ?? (profiles === undefined ? undefined : ".profile")
      const project = keys.text("projectDir")
      const words = [
        keys.text("dbtPath")?.text ?? "./bin/dbt",
        "--log-format json",
        ...switches.flatMap(([key, flag]) => (keys.flag(key, false) ? [flag] : [])),
        verb,
        ...(keys.flag("fullRefresh", false) ? ["--full-refresh"] : []),
        ...values.flatMap(([key, flag]) => {
          const texts = keys.texts(key).map(({ text }) => text)
          return texts.length === 0 ? [] : [`${flag} ${texts.join(" ")}`]
        }),
        ...(profilesDir === undefined ? [] : [`--profiles-dir ${profilesDir}`]),
        ...(project === undefined ? [] : [`--project-dir ${project.text}`])
      ]
      return {
        commands: lines(words.join(" ")),
        ...(profiles === undefined ? {} : { files: { ".profile/profiles.yml": profiles } }),
        outputFiles: lines("target/run_results.jso[n]", "target/manifest.jso[n]"),
        failFast: false
      }
    }
  })

const dbtSetup: ScriptType = {
  image: "python",
  keys: {
    commands: "none",
    profiles: "any",
    requirements: "texts",
    pythonPath: "text",
    virtualEnv: "flag",
    exitOnFailed: "flag",
    args: "none",
    projectDir: "none"
  },
  parts: (keys) => {
    const profiles = yamlFile(keys, "profiles")
    const requirements = keys.texts("requirements")
    return {
      env: {
        PODWRIGHT_REQUIREMENTS: { text: requirements.map(({ text }) => text).join("\n"), from: ["requirements"] }
      },
      ...(profiles === undefined ? {} : { files: { ".profile/profiles.yml": profiles } }),
      commands: lines(
        // The folder travels to the pod of the next task, and a link out of it would stay behind.
        `${keys.text("pythonPath")?.text ?? "python"} -m venv --copies --system-site-packages .`,
        "printf '%s\\n' \"$PODWRIGHT_REQUIREMENTS\" | ./bin/python -m pip install --requirement /dev/stdin"
      )
    }
  }
}

/** Each command is a shell of its own, as it is a container of its own there. */
const ansible = (keys: TaskKeys): Parts => {
  const config = keys.text("ansibleConfig")
  const install = (key: string, file: string, command: string) =>
    keys.flag(key, true) ? [`if [ -f ${file} ]; then ${command} ${file}; fi`] : []
  return {
    before: lines(
      ...install("autoInstallPythonRequirements", "requirements.txt", "pip install --quiet -r"),
      ...install("autoInstallGalaxyRequirements", "requirements.yml", "ansible-galaxy install -r")
    ),
    ...(config === undefined ? {} : { files: { "ansible.cfg": config } }),
    commands: keys.texts("commands").map((command) => ({ ...command, text: `(\n${command.text}\n)` })),
    failFast: true,
    outputFiles: keys.flag("outputLogFile", false) ? lines("log") : []
  }
}

const cloudQuery: ScriptType = tool("ghcr.io/cloudquery/cloudquery:latest-ubuntu", {
  parts: () => ({ before: lines('cloudquery() { /app/cloudquery "$@"; }') })
})

const cloudQuerySync: ScriptType = tool("ghcr.io/cloudquery/cloudquery:latest-ubuntu", {
  keys: { commands: "none", configs: "any", incremental: "flag", logConsole: "flag" },
  parts: (keys) => {
    const value = keys.value("configs")
    const configs = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
    const files = configs.map((config, index): readonly [string, Written] => [
      `podwright-config-${index + 1}.yml`,
      {
        text: typeof config === "string" ? config : asYaml(config),
        from: Array.isArray(value) ? ["configs", index] : ["configs"]
      }
    ])
    const names = files.map(([name]) => name).join(" ")
    const incremental = "incremental state is kept by a Kestra server: podwright syncs from the beginning"
    return {
      files: Object.fromEntries(files),
      commands: lines(`/app/cloudquery sync ${names}${keys.flag("logConsole", true) ? " --log-console" : ""}`),
      issues: configs.length === 0 ? [{ path: ["configs"], message: "configs: Missing key" }] : [],
      notices: keys.flag("incremental", false) ? [{ path: ["incremental"], message: incremental }] : []
    }
  }
})

const soda: ScriptType = {
  image: "sodadata/soda-core",
  keys: {
    commands: "none",
    configuration: "any",
    checks: "any",
    variables: "any",
    requirements: "texts",
    verbose: "flag"
  },
  parts: (keys) => {
    const configuration = yamlFile(keys, "configuration")
    const checks = yamlFile(keys, "checks")
    const variables = keys.value("variables")
    const given = typeof variables === "object" && variables !== null && !Array.isArray(variables) ? variables : {}
    const values = Object.entries(given).map(([name, value], index): readonly [string, string, Written] => [
      name,
      `PODWRIGHT_VARIABLE_${index + 1}`,
      { text: String(value), from: ["variables", name] }
    ])
    const source = configuration === undefined ? "" : /data_source\s+["']?([\w-]+)/.exec(configuration.text)?.[1]
    const requirements = keys.texts("requirements")
    return {
      files: {
        ...(configuration === undefined ? {} : { "configuration.yml": configuration }),
        ...(checks === undefined ? {} : { "checks.yml": checks })
      },
      env: {
        ...Object.fromEntries(values.map(([, variable, value]) => [variable, value])),
        PODWRIGHT_REQUIREMENTS: { text: requirements.map(({ text }) => text).join("\n"), from: ["requirements"] }
      },
      before:
        requirements.length === 0
          ? []
          : lines("printf '%s\\n' \"$PODWRIGHT_REQUIREMENTS\" | pip install --quiet --requirement /dev/stdin"),
      commands: lines(
        [
          `soda scan -d ${source ?? ""} -c configuration.yml`,
          ...values.map(([name, variable]) => `-v ${name}="$${variable}"`),
          ...(keys.flag("verbose", false) ? ["-V"] : []),
          "checks.yml"
        ].join(" ")
      )
    }
  }
}

/** `spark-submit` from keys; `main` is the key of the program, and what it is called in the folder. */
const sparkSubmit = (main: string, file: string | undefined): ScriptType => ({
  image: "apache/spark:4.0.1-java21-r",
  keys: {
    commands: "none",
    master: "text",
    deployMode: "text",
    name: "text",
    mainClass: "text",
    configurations: "any",
    args: "texts",
    appFiles: "any",
    sparkSubmitPath: "text",
    verbose: "flag",
    jars: "any",
    pythonFiles: "any",
    [main]: "text"
  },
  parts: (keys) => {
    const text = (key: string) => keys.text(key)?.text
    const program = keys.text(main)
    const value = keys.value("configurations")
    const settings = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []
    const filesOf = (key: string) => {
      const files = keys.value(key)
      if (typeof files !== "object" || files === null || Array.isArray(files)) return []
      return Object.entries(files).map(([name, uri]): readonly [string, Written] => [
        name,
        { text: String(uri), from: [key, name] }
      ])
    }
    const groups = [
      ["appFiles", "--files"],
      ["jars", "--jars"],
      ["pythonFiles", "--py-files"]
    ] as const
    const variables = [
      ...settings.map(([name, setting], index) => ({
        flag: "--conf",
        variable: `PODWRIGHT_CONF_${index + 1}`,
        written: { text: `${name}=${String(setting)}`, from: ["configurations", name] }
      })),
      ...keys.texts("args").map((written, index) => ({ flag: "", variable: `PODWRIGHT_ARG_${index + 1}`, written }))
    ]
    const target = file ?? "app.jar"
    const words = [
      text("sparkSubmitPath") ?? "spark-submit",
      `--master ${text("master") ?? "local[*]"}`,
      ...(text("deployMode") === undefined ? [] : [`--deploy-mode ${text("deployMode")?.toLowerCase()}`]),
      ...(text("name") === undefined ? [] : [`--name "${text("name")}"`]),
      ...(text("mainClass") === undefined ? [] : [`--class ${text("mainClass")}`]),
      ...(keys.flag("verbose", false) ? ["--verbose"] : []),
      ...groups.flatMap(([key, flag]) => {
        const names = filesOf(key).map(([name]) => name)
        return names.length === 0 ? [] : [`${flag} ${names.join(",")}`]
      }),
      ...variables.filter(({ flag }) => flag !== "").map(({ flag, variable }) => `${flag} "$${variable}"`),
      target,
      ...variables.filter(({ flag }) => flag === "").map(({ variable }) => `"$${variable}"`)
    ]
    return {
      before: lines("export PATH=$PATH:/opt/spark/bin"),
      commands: lines(words.join(" ")),
      env: Object.fromEntries(variables.map(({ variable, written }) => [variable, written])),
      files: {
        ...Object.fromEntries(groups.flatMap(([key]) => filesOf(key))),
        ...(program === undefined ? {} : { [target]: program })
      },
      issues: program === undefined ? [{ path: [main], message: `${main}: Missing key` }] : []
    }
  }
})

const databricks = (keys: TaskKeys): Parts => ({
  env: variablesOf(keys, {
    databricksHost: "DATABRICKS_HOST",
    databricksToken: "DATABRICKS_TOKEN",
    clientId: "DATABRICKS_CLIENT_ID",
    clientSecret: "DATABRICKS_CLIENT_SECRET"
  })
})

const databricksSql = (keys: TaskKeys): Parts => {
  const queries = keys.texts("commands").map((query, index) => [`PODWRIGHT_QUERY_${index + 1}`, query] as const)
  const value = keys.value("options")
  const options = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  const words = [
    'dbsqlcli --hostname "$PODWRIGHT_HOST" --access-token "$DATABRICKS_TOKEN" --http-path "$PODWRIGHT_HTTP_PATH"',
    ...queries.map(([variable]) => `-e "$${variable}"`),
    ...options.map(([name, option]) => `${name} ${String(option ?? "")}`.trimEnd())
  ]
  return {
    env: {
      ...variablesOf(keys, { token: "DATABRICKS_TOKEN", host: "PODWRIGHT_HOST", httpPath: "PODWRIGHT_HTTP_PATH" }),
      ...Object.fromEntries(queries)
    },
    commands: lines(words.join(" "))
  }
}

const snowflake =
  (folder: string) =>
  (keys: TaskKeys): Parts => {
    const key = keys.text("privateKey")
    const file = "podwright-key.p8"
    const body = key?.text ?? ""
    const pem = body.includes("-----BEGIN") ? body : `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`
    return {
      env: {
        ...variablesOf(keys, {
          account: "SNOWFLAKE_ACCOUNT",
          username: "SNOWFLAKE_USER",
          password: "SNOWFLAKE_PASSWORD",
          privateKeyPassword: "PRIVATE_KEY_PASSPHRASE"
        }),
        ...(key === undefined
          ? {}
          : {
              SNOWFLAKE_AUTHENTICATOR: { text: "SNOWFLAKE_JWT" },
              SNOWFLAKE_PRIVATE_KEY_PATH: { text: `${folder}/${file}` }
            })
      },
      files: key === undefined ? {} : { [file]: { ...key, text: pem } },
      before: lines("snow connection add --connection-name=default-connection --default --no-interactive")
    }
  }

const ollama = (keys: TaskKeys): Parts => {
  const host = keys.text("host")
  const env = variablesOf(keys, { host: "OLLAMA_HOST", apiKey: "OLLAMA_API_KEY" })
  return host === undefined ? { env, before: lines("ollama serve & sleep 5") } : { env }
}

/** Every type of a command-line tool, by its name. `folder` is the working folder in the pod. */
export const commandLineTools = (folder: string): ReadonlyArray<readonly [string, ScriptType]> => {
  const rows: Readonly<Record<string, ScriptType>> = {
    "aws.cli.AwsCLI": tool("amazon/aws-cli", {
      keys: {
        accessKeyId: "text",
        secretKeyId: "text",
        sessionToken: "text",
        region: "text",
        endpointOverride: "text",
        outputFormat: "text",
        compatibilityMode: "none",
        forcePathStyle: "none",
        stsRoleArn: "text",
        stsRoleExternalId: "text",
        stsRoleSessionName: "text",
        stsRoleSessionDuration: "text",
        stsEndpointOverride: "text"
      },
      parts: aws
    }),
    "azure.cli.AzCLI": tool("mcr.microsoft.com/azure-cli", {
      keys: { username: "text", password: "text", tenant: "text", servicePrincipal: "flag" },
      parts: azure
    }),
    "gcp.cli.GCloudCLI": tool("google/cloud-sdk", {
      keys: { serviceAccount: "text", projectId: "text" },
      parts: gcloud(folder)
    }),
    "ansible.cli.AnsibleCLI": tool("cytopia/ansible:latest-tools", {
      interpreter: ["/bin/bash", "-c"],
      literalFiles: true,
      keys: {
        ansibleConfig: "text",
        autoInstallPythonRequirements: "flag",
        autoInstallGalaxyRequirements: "flag",
        outputLogFile: "flag",
        outputsMode: "none",
        dependencyCacheEnabled: "any"
      },
      parts: ansible
    }),
    "terraform.cli.TerraformCLI": { image: "hashicorp/terraform" },
    "dbt.cli.DbtCLI": {
      image: "ghcr.io/kestra-io/dbt",
      env: { PYTHONUNBUFFERED: "true", PIP_ROOT_USER_ACTION: "ignore" },
      keys: {
        profiles: "any",
        projectDir: "text",
        logFormat: "text",
        engine: "text",
        parseRunResults: "flag",
        loadManifest: "none",
        storeManifest: "none"
      },
      parts: dbt
    },
    "dbt.cli.Setup": dbtSetup,
    "cloudquery.CloudQueryCLI": cloudQuery,
    "cloudquery.Sync": cloudQuerySync,
    "sqlmesh.cli.SQLMeshCLI": tool("ghcr.io/kestra-io/sqlmesh"),
    "dlt.CLI": {
      image: "ghcr.io/kestra-io/dlt",
      parts: () => ({ before: lines("if [ -f requirements.txt ]; then pip install -r requirements.txt; fi") })
    },
    "dlt.Run": { image: "ghcr.io/kestra-io/dlt", script: pythonScript },
    "modal.cli.ModalCLI": tool("ghcr.io/kestra-io/modal"),
    "soda.Scan": soda,
    "spark.SparkCLI": {
      image: "apache/spark:4.0.1-java21-r",
      parts: () => ({ before: lines("export PATH=$PATH:/opt/spark/bin") })
    },
    "spark.JarSubmit": sparkSubmit("mainResource", undefined),
    "spark.PythonSubmit": sparkSubmit("mainScript", "podwright-script.py"),
    "spark.RSubmit": sparkSubmit("mainScript", "podwright-script.R"),
    "databricks.cli.DatabricksCLI": {
      image: "ghcr.io/databricks/cli:latest",
      keys: { databricksHost: "text", databricksToken: "text", clientId: "text", clientSecret: "text" },
      parts: databricks
    },
    "databricks.cli.DatabricksSQLCLI": tool("ghcr.io/kestra-io/databricks-sql-cli", {
      keys: { host: "text", token: "text", httpPath: "text", options: "any" },
      parts: databricksSql
    }),
    "jdbc.snowflake.SnowflakeCLI": tool("ghcr.io/kestra-io/snowflake-cli", {
      keys: { account: "text", username: "text", password: "text", privateKey: "text", privateKeyPassword: "text" },
      parts: snowflake(folder)
    }),
    "jdbc.clickhouse.ClickHouseLocalCLI": tool("clickhouse/clickhouse-server:latest", {
      interpreter: ["clickhouse-local"]
    }),
    "ollama.cli.OllamaCLI": tool("ollama/ollama", {
      keys: { host: "text", apiKey: "text", enableModelCaching: "none", modelCachePath: "none" },
      parts: ollama
    }),
    "trivy.cli.TrivyCLI": tool("ghcr.io/aquasecurity/trivy"),
    "malloy.CLI": { image: "ghcr.io/kestra-io/malloy" },
    ...Object.fromEntries(
      ["build", "run", "test", "seed", "snapshot", "compile", "deps", "list"].map((verb) => [
        `dbt.cli.${verb[0]?.toUpperCase()}${verb.slice(1)}`,
        dbtVerb(verb)
      ])
    ),
    "dbt.cli.Freshness": dbtVerb("source freshness")
  }
  return Object.entries(rows).map(([name, row]) => [`io.kestra.plugin.${name}`, row] as const)
}
