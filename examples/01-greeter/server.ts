import { createNode, insecure, runNode, serve } from "heliograph";
import { GreeterService } from "../gen/example/v1/greeter_heliograph.js";

const node = createNode({ name: "greeter", security: insecure() });

const { endpoints } = await serve(node, GreeterService, {
  greet: (request) => ({ text: `Hello, ${request.name}!` }),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);
