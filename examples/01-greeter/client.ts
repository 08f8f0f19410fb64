import { connectTo, createClient, insecure } from "heliograph";
import { GreeterService } from "../gen/example/v1/greeter_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const greeter = createClient(connection, GreeterService);

for (const name of ["Ada", "Grace", "世界"]) {
  const { text } = await greeter.greet({ name }, { timeoutMs: 2_000 });
  console.log(text);
}
