import { expect, onTestFinished, test } from "vitest";
import { connectTo, createClient, createNode, insecure, serve } from "../../../src/index.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { ScheduledNetwork } from "../../support/scheduled-network.js";

const unwatched = { dialed() {}, sent() {}, delivered() {}, overflowed() {} };

test.each(["goes on", "is cancelled"])(
  "the first REQUEST of a stream that comes behind that of its next session is of no account: it %s",
  async (then) => {
    const network = new ScheduledNetwork(unwatched);
    const common = { security: insecure(), network };
    const node = createNode({ ...common, name: "server" });
    let runs = 0;
    let give: () => void = () => {};
    const { endpoints } = await serve(node, CallService, {
      async *watch() {
        runs++;
        yield Note.create({ text: "first" });
        await new Promise<void>((resolve) => {
          give = resolve;
        });
        yield Note.create({ text: "second" });
      },
    });
    const connection = connectTo(endpoints, common);
    onTestFinished(async () => {
      const closed = Promise.all([connection.close(), node.close({ graceMs: 0 })]);
      await deliverAll();
      await closed;
    });

    /** Delivers what comes on these links until nothing does. */
    async function deliverAll(links = () => network.links): Promise<void> {
      for (let idle = 0; idle < 4; idle++) {
        await new Promise(setImmediate);
        for (const link of links()) {
          for (const direction of ["up", "down"] as const) {
            if (link.waiting(direction) === 0) continue;
            link.deliver(direction);
            idle = 0;
          }
        }
      }
    }

    const answers = createClient(connection, CallService).watch({});
    const first = answers.next();
    const [broken] = network.links;
    // HELLO and WELCOME; then REQUEST is under way when the link breaks.
    for (const direction of ["down", "up", "down"] as const) {
      broken?.deliver(direction);
      await new Promise(setImmediate);
    }
    expect(broken?.waiting("up")).toBe(1);
    broken?.break(1, 0);
    broken?.deliver("down");
    await deliverAll(() => network.links.slice(1));
    expect(await first).toMatchObject({ value: { text: "first" } });

    if (then === "is cancelled") {
      await answers.return();
      await deliverAll(() => network.links.slice(1));
    }
    await deliverAll();
    give();
    await deliverAll();
    const rest = ["second", undefined];
    for (const text of then === "is cancelled" ? [undefined] : rest) {
      const next = answers.next();
      await deliverAll();
      expect((await next).value?.text).toBe(text);
    }
    expect(runs).toBe(1);
  },
);
