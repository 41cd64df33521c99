import { assert, describe, it } from "@effect/vitest"
import { scriptType } from "../../src/types/ScriptTypes.ts"
import { translateTask } from "../../src/types/TypeTranslation.ts"

const translate = (tool: string, task: Parameters<typeof translateTask>[2]) => {
  const name = `io.kestra.plugin.${tool}`
  const type = scriptType(name)
  if (type === undefined) throw new Error(`no type ${name}`)
  return translateTask(name, type, { id: "t", type: name, ...task })
}

describe("command-line tools", () => {
  it("aws: keys become variables, and a role a profile", () => {
    const { image, task } = translate("aws.cli.AwsCLI", {
      accessKeyId: "{{ secret('ID') }}",
      secretKeyId: "key",
      region: "eu-west-1",
      stsRoleArn: "arn:x",
      commands: ["aws s3 ls"]
    })
    assert.strictEqual(image, "amazon/aws-cli")
    assert.isFalse(task["failFast"])
    assert.deepStrictEqual(task["env"], {
      AWS_ACCESS_KEY_ID: "{{ secret('ID') }}",
      AWS_SECRET_ACCESS_KEY: "key",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_DEFAULT_OUTPUT: "json",
      PODWRIGHT_ROLE_ARN: "arn:x"
    })
    assert.deepStrictEqual(task["beforeCommands"], [
      'aws configure set role_arn "$PODWRIGHT_ROLE_ARN" --profile podwright',
      "aws configure set credential_source Environment --profile podwright",
      "export AWS_PROFILE=podwright"
    ])
    assert.isFalse("region" in task)
  })

  it("azure: one login before the commands, whose values no shell reads", () => {
    const { task } = translate("azure.cli.AzCLI", {
      username: "u",
      password: "p$x",
      tenant: "t",
      servicePrincipal: true,
      commands: ["az vm list"]
    })
    assert.deepStrictEqual(task["beforeCommands"], [
      'az login -u "$PODWRIGHT_AZ_USERNAME" -p "$PODWRIGHT_AZ_PASSWORD" --tenant "$PODWRIGHT_AZ_TENANT" --service-principal'
    ])
    assert.deepInclude(task["env"], { PODWRIGHT_AZ_PASSWORD: "p$x" })
    assert.isFalse("beforeCommands" in translate("azure.cli.AzCLI", { commands: ["az --help"] }).task)
  })

  it("gcloud: the account is a file that two variables name", () => {
    const { moved, task } = translate("gcp.cli.GCloudCLI", { serviceAccount: "{}", projectId: "p", commands: ["c"] })
    assert.deepStrictEqual(task["inputFiles"], { "podwright-credentials.json": "{}" })
    assert.deepStrictEqual(task["env"], {
      CLOUDSDK_CORE_PROJECT: "p",
      GOOGLE_APPLICATION_CREDENTIALS: "/podwright/work/podwright-credentials.json",
      CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: "/podwright/work/podwright-credentials.json"
    })
    assert.deepInclude(moved, [["inputFiles", "podwright-credentials.json"], ["serviceAccount"]])
  })

  it("dbt: profiles are a file, and its options go to its own commands alone", () => {
    const { task } = translate("dbt.cli.DbtCLI", {
      profiles: { trial: { pass: '{{ secret("P") }}' } },
      commands: ["dbt debug", "ls -l", "dbt build --log-format text"]
    })
    assert.deepStrictEqual(task["commands"], [
      "dbt debug --log-format json --log-path logs",
      "ls -l",
      "dbt build --log-format text --log-path logs"
    ])
    assert.deepStrictEqual(task["inputFiles"], {
      "profiles.yml": 'trial:\n  pass: |-\n    {{ secret("P") }}\n'
    })
    assert.deepStrictEqual(task["outputFiles"], ["target/run_results.jso[n]", "target/manifest.jso[n]"])
    const older = translate("dbt.cli.Build", { dbtPath: "dbt", fullRefresh: true, select: ["a", "b"] })
    assert.deepStrictEqual(older.task["commands"], ["dbt --log-format json build --full-refresh --select a b"])
    const fusion = translate("dbt.cli.DbtCLI", { engine: "FUSION", projectDir: "p/", commands: ["dbt run"] })
    assert.strictEqual(fusion.image, "ghcr.io/kestra-io/dbt-fusion")
    assert.deepStrictEqual(fusion.task["commands"], ["dbt run --project-dir p/ --log-format json --log-path logs"])
  })

  it("ansible: bash, a shell for each command, and files as they are", () => {
    const { literalFiles, task } = translate("ansible.cli.AnsibleCLI", {
      inputFiles: { "play.yml": "{{ item }}" },
      ansibleConfig: "[defaults]\n",
      commands: ["cd /", "ansible --version"]
    })
    assert.deepStrictEqual(task["interpreter"], ["/bin/bash", "-c"])
    assert.deepStrictEqual(task["commands"], ["(\ncd /\n)", "(\nansible --version\n)"])
    assert.deepStrictEqual(literalFiles, ["play.yml"])
    assert.isTrue(task["failFast"])
  })

  it.each([
    ["terraform.cli.TerraformCLI", "hashicorp/terraform"],
    ["sqlmesh.cli.SQLMeshCLI", "ghcr.io/kestra-io/sqlmesh"],
    ["dlt.CLI", "ghcr.io/kestra-io/dlt"],
    ["modal.cli.ModalCLI", "ghcr.io/kestra-io/modal"],
    ["spark.SparkCLI", "apache/spark:4.0.1-java21-r"],
    ["trivy.cli.TrivyCLI", "ghcr.io/aquasecurity/trivy"],
    ["malloy.CLI", "ghcr.io/kestra-io/malloy"],
    ["jdbc.clickhouse.ClickHouseLocalCLI", "clickhouse/clickhouse-server:latest"],
    ["cloudquery.CloudQueryCLI", "ghcr.io/cloudquery/cloudquery:latest-ubuntu"],
    ["databricks.cli.DatabricksCLI", "ghcr.io/databricks/cli:latest"],
    ["jdbc.snowflake.SnowflakeCLI", "ghcr.io/kestra-io/snowflake-cli"],
    ["ollama.cli.OllamaCLI", "ollama/ollama"]
  ])("%s runs its commands in %s", (name, image) => {
    const found = translate(name, { commands: ["c"] })
    assert.strictEqual(found.image, image)
    assert.deepStrictEqual(found.issues, [])
    assert.deepStrictEqual(found.task["commands"] ?? ["c"], ["c"])
  })

  it("cloudquery: each configuration is a file", () => {
    const { issues, notices, task } = translate("cloudquery.Sync", {
      configs: [{ kind: "source" }, "{{ outputs.a.uri }}"],
      incremental: true
    })
    assert.deepStrictEqual(task["commands"], [
      "/app/cloudquery sync podwright-config-1.yml podwright-config-2.yml --log-console"
    ])
    assert.deepStrictEqual(task["inputFiles"], {
      "podwright-config-1.yml": "kind: source\n",
      "podwright-config-2.yml": "{{ outputs.a.uri }}"
    })
    assert.match(notices[0]?.message ?? "", /^incremental state is kept by a Kestra server/)
    assert.deepStrictEqual(issues, [])
    assert.deepStrictEqual(
      translate("cloudquery.Sync", {}).issues.map(({ message }) => message),
      ["configs: Missing key"]
    )
  })

  it("spark-submit: the program is a file, what is free text a variable", () => {
    const { task } = translate("spark.PythonSubmit", {
      mainScript: "print(1)",
      master: "spark://m:7077",
      configurations: { "spark.x": "a b" },
      args: ["--day", "{{ inputs.day }}"]
    })
    assert.deepStrictEqual(task["commands"], [
      'spark-submit --master spark://m:7077 --conf "$PODWRIGHT_CONF_1" podwright-script.py "$PODWRIGHT_ARG_1" "$PODWRIGHT_ARG_2"'
    ])
    assert.deepInclude(task["env"], { PODWRIGHT_CONF_1: "spark.x=a b", PODWRIGHT_ARG_2: "{{ inputs.day }}" })
  })
})
