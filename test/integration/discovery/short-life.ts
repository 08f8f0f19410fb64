/** A program that serves, calls itself through the registry of the machine, closes its node, and has nothing else to do. */
import { createClient, createNode, insecure, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";

const registries = [process.argv[2] ?? "local"];
const node = createNode({ name: "short", registries, security: insecure() });
await serve(node, EchoService, { echo: () => EchoResponse.create({ text: "short" }) });
const { text } = await createClient(node, EchoService).echo({}, { waitForReady: true });
await node.close();
console.log(text);
