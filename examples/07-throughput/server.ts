import { Code, createNode, HeliographError, insecure, runNode, serve } from "heliograph";
import { GeometryService } from "../gen/example/v1/geometry_heliograph.js";

const node = createNode({ name: "geometry", security: insecure() });

const { endpoints } = await serve(node, GeometryService, {
  moveRight: ({ point, metres }) => {
    if (point === undefined) throw new HeliographError(Code.InvalidArgument, "point is missing");
    return { point: { x: point.x + metres, y: point.y } };
  },
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);
