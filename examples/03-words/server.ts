import { createNode, insecure, runNode, serve } from "heliograph";
import { WordService } from "../gen/example/v1/words_heliograph.js";

const node = createNode({ name: "words", security: insecure() });

const { endpoints } = await serve(node, WordService, {
  reverse: ({ text }) => ({ text: [...text].reverse().join("") }),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);
