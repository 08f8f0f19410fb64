import { createServer } from "node:net";

/** Below those that systems choose by themselves: nobody else is given it before it is used. */
const FIRST = 20_000;
const COUNT = 12_000;

/** A port of this machine on which nobody listens at the moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
