import { connectTo, createClient, HeliographError, insecure } from "heliograph";
import { GeometryService } from "../gen/example/v1/geometry_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const geometry = createClient(connection, GeometryService);

// A walk: each step starts where the last one, made in another process, has ended.
let at = { x: 1, y: 2 };
for (const metres of [3.5, 0.25, -7]) {
  const { point } = await geometry.moveRight({ point: at, metres });
  if (point === undefined) throw new Error("the server left out the point");
  console.log(`moveRight((${at.x}, ${at.y}), ${metres})`.padEnd(28), `(${point.x}, ${point.y})`);
  at = point;
}

try {
  await geometry.moveRight({ metres: 1 });
} catch (error) {
  console.log("without a point".padEnd(28), HeliographError.from(error).message);
}
