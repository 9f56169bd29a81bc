import { Argument, type Command } from "commander";
import { customResourceDefinition, jsonSchema, openApi } from "../policy/model/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { VERSION } from "./version.ts";
import { renderYaml } from "./yaml.ts";

const SCHEMAS = {
  json: jsonSchema,
  crd: customResourceDefinition,
  openapi: () => openApi(VERSION),
} as const;

type SchemaName = keyof typeof SCHEMAS;

interface SchemaOptions {
  readonly output?: "json" | "yaml";
}

export function schemaCommand({ terminal }: CommandContext): Command {
  return command(
    "schema",
    "Prints what a document may hold, for editors, clusters and clients. The JSON Schema is for documents of all types in both forms.",
    [
      { line: "sallyport schema json > mesh.schema.json", does: "completion and hover in an editor" },
      { line: "sallyport schema crd | kubectl apply -f -", does: "the CustomResourceDefinition of MeshPassthrough" },
      { line: "sallyport schema openapi -o json", does: "the paths of the REST API" },
    ],
  )
    .addArgument(
      new Argument(
        "<schema>",
        "`json`: a JSON Schema; `crd`: a CustomResourceDefinition; `openapi`: an OpenAPI document",
      ).choices(Object.keys(SCHEMAS)),
    )
    .addOption(outputOption(["json", "yaml"]).default(undefined, "`json` for the JSON Schema, else `yaml`"))
    .action((name: SchemaName, { output = name === "json" ? "json" : "yaml" }: SchemaOptions) => {
      const document = SCHEMAS[name]();
      terminal.out(output === "json" ? `${JSON.stringify(document, undefined, 2)}\n` : renderYaml(document));
    });
}
