import { describe, expect, test } from "vitest";
import { systemClock } from "../../../../src/core/clock.js";
import { Router } from "../../../../src/rpc/server/router.js";
import { CallService, SecondService } from "../../../gen/heliograph/test/v1/call_heliograph.js";

const PATH = "heliograph.test.v1.CallService/Call";
const find = (router: Router, path: string) => {
  const buf = Buffer.from(`__${path}__`);
  return router.findBytes(buf, 2, buf.length - 2);
};

describe("the router", () => {
  test("finds methods by the bytes of their paths, also when another was asked for before", () => {
    const router = new Router(systemClock);
    router.add(CallService, { call: () => "call", other: () => "other" }, {});
    for (const name of ["Call", "Call", "Other", "Call"]) {
      expect(find(router, `heliograph.test.v1.CallService/${name}`).method.name).toBe(name);
    }
    expect(() => find(router, PATH.slice(0, -1))).toThrow("has no method Cal");
    expect(() => find(router, `${PATH}x`)).toThrow("has no method Callx");
  });

  test("tells apart what is missing", () => {
    const router = new Router(systemClock);
    router.add(CallService, {}, {});
    const messages = [PATH, "heliograph.test.v1.CallService/X", "a.B/C", "nonsense", "", "/", "\u00ff/x"].map(
      (path) => {
        try {
          find(router, path);
          return "found";
        } catch (error) {
          expect(error).toMatchObject({ code: 12, reason: "METHOD_UNKNOWN", notProcessed: true });
          return (error as { rawMessage: string }).rawMessage;
        }
      },
    );
    expect(messages).toEqual([
      `${PATH} is declared, but the server has no handler for it`,
      "heliograph.test.v1.CallService has no method X",
      "a.B is not served here",
      '"nonsense" is not package.Service/Method',
      '"" is not package.Service/Method',
      '"/" is not package.Service/Method',
      expect.stringContaining("is not served here"),
    ]);
  });

  test("lets services come and go, and takes nothing away twice", () => {
    const router = new Router(systemClock);
    const { remove } = router.add(CallService, { call: () => 1 }, {});
    router.add(SecondService, { call: () => 2 }, {});
    expect(router.served.map(({ name }) => name)).toEqual([CallService.$service, SecondService.$service]);
    find(router, PATH);
    remove();
    expect(() => find(router, PATH)).toThrow("is not served here");
    router.add(CallService, { call: () => 3 }, {});
    remove();
    expect(find(router, PATH).handler?.({}, {} as never)).toBe(3);
  });

  test("keeps `this` of handlers, and takes nothing of Object for one", () => {
    const router = new Router(systemClock);
    class Impl {
      readonly name = "impl";
      call() {
        return this.name;
      }
    }
    router.add(CallService, new Impl(), {});
    expect(find(router, PATH).handler?.({}, {} as never)).toBe("impl");
  });

  test("gives the methods of a service their lanes in common", () => {
    const router = new Router(systemClock);
    router.add(CallService, { call: () => 1, other: () => 1 }, { maxConcurrent: 1 });
    expect(find(router, PATH).lanes).toBe(find(router, "heliograph.test.v1.CallService/Other").lanes);
  });
});
