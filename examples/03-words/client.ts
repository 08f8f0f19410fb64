import { connectTo, createClient, insecure } from "heliograph";
import { WordService } from "../gen/example/v1/words_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const words = createClient(connection, WordService);

for (const word of ["stressed", "Grüße", "naïve 👋"]) {
  const { text } = await words.reverse({ text: word });
  console.log(word.padEnd(10), text);
}
