import { testedVersion } from "./kit.js";

/** The files of a new project, by path. `kit` is what its package.json says about this package. */
export function newProject(folder: string, kit: string): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", packageFile(packageName(folder), kit)],
    ["tsconfig.json", tsconfig],
    [".gitignore", gitignore],
    ["buf.yaml", bufConfig],
    ["proto/greeter/v1/greeter.proto", proto],
    ["src/server.ts", server],
    ["src/client.ts", client],
  ]);
}

/** npm's rules: lower case, and only what a URL can hold. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|-+$/g, "");
  return name === "" ? "my-service" : name;
}

function packageFile(name: string, kit: string): string {
  const tools = ["@bufbuild/buf", "@types/node", "ts-proto", "tsx", "typescript"];
  const content = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: {
      generate: "helio generate",
      check: "helio check && tsc",
      server: "tsx src/server.ts",
      client: "tsx src/client.ts",
    },
    dependencies: { "@bufbuild/protobuf": testedVersion("@bufbuild/protobuf"), heliograph: kit },
    devDependencies: Object.fromEntries(tools.map((tool) => [tool, testedVersion(tool)])),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

const tsconfig = `{
  "compilerOptions": {
    "target": "ES2022",
    "lib": ["ES2023", "ESNext.Disposable"],
    "module": "NodeNext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": false,
    "noEmit": true
  },
  "include": ["src"]
}
`;

const gitignore = `node_modules/
# Made by \`npm run generate\`.
src/gen/
`;

const bufConfig = `# For buf's own commands, such as \`npx buf lint\`; \`helio generate\` uses the modules.
version: v2
modules:
  - path: proto
  # The options that make an rpc a topic, a pipeline, an action or a resumable stream.
  - path: node_modules/heliograph/proto
lint:
  use: [STANDARD]
  ignore: [node_modules]
  except:
    # Topics are asked for with google.protobuf.Empty and share their payloads.
    - RPC_REQUEST_RESPONSE_UNIQUE
    - RPC_REQUEST_STANDARD_NAME
    - RPC_RESPONSE_STANDARD_NAME
breaking:
  use: [FILE]
  ignore: [node_modules]
`;

const proto = `syntax = "proto3";

package greeter.v1;

// Greets people.
service GreeterService {
  // Greets one person by name.
  rpc Greet(GreetRequest) returns (GreetResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
}

message GreetRequest {
  string name = 1;
}

message GreetResponse {
  string text = 1;
}
`;

const server = `import { createNode, insecure, runNode, serve } from "heliograph";
import { GreeterService } from "./gen/greeter/v1/greeter_heliograph.js";

const node = createNode({ name: "greeter", security: insecure() });

await serve(node, GreeterService, {
  greet: (request) => ({ text: \`Hello, \${request.name}!\` }),
});
console.log("serving; Ctrl+C stops");
await runNode(node);
`;

const client = `import { createClient, createNode, insecure } from "heliograph";
import { GreeterService } from "./gen/greeter/v1/greeter_heliograph.js";

await using node = createNode({ name: "caller", security: insecure() });
const greeter = createClient(node, GreeterService);

const { text } = await greeter.greet({ name: process.argv[2] ?? "Ada" });
console.log(text);
`;
