import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import { HeliographError } from "../../../../src/core/error.js";
import type { CheckedServer } from "../../../../src/rpc/client/schema-check.js";
import { UsedServices } from "../../../../src/rpc/client/used-services.js";
import type { UsedService } from "../../../../src/rpc/transport.js";
import { type Deferred, deferred } from "../../../contract/rpc-harness.js";

const [first, second, other] = [
  { name: "a.A", schema: "1" },
  { name: "a.A", schema: "2" },
  { name: "b.B", schema: "1" },
] as const;
const error = new HeliographError(Code.FailedPrecondition, "misread");
const session = (): CheckedServer => ({ endpoint: "memory://a", server: undefined });

type Verdict = HeliographError | undefined;

/** Services that are judged as the test says: at once, or when it settles what it finds in `asked`. */
function judged(verdicts: ReadonlyMap<UsedService, Verdict | "later">) {
  const asked: { service: UsedService; withheld: unknown[]; verdict: Deferred<Verdict> }[] = [];
  let decided = 0;
  const services: UsedServices = new UsedServices(
    (service) => {
      const verdict = verdicts.get(service);
      const all = [first, second, other].map(({ name, schema }) => services.withheld(name, schema));
      const later = deferred<Verdict>();
      asked.push({ service, withheld: all, verdict: later });
      return verdict === "later" ? later.promise : verdict;
    },
    () => decided++,
  );
  const withheld = ({ name, schema }: UsedService) => services.withheld(name, schema);
  return { services, asked, withheld, decided: () => decided };
}

describe("services that a connection is used for", () => {
  test("are not judged without a server, nor withheld", () => {
    const { services, asked, withheld } = judged(new Map([[first, error]]));
    services.add(first);
    expect([asked, withheld(first)]).toEqual([[], undefined]);
  });

  test("are each judged by their own schema, once per server", () => {
    const { services, asked, withheld, decided } = judged(new Map([[second, error]]));
    services.add(first);
    services.add(second);
    services.add({ ...second });
    services.follow(session());
    expect(asked.map(({ service }) => service)).toEqual([first, second]);
    expect([first, second, other].map(withheld)).toEqual([undefined, error, undefined]);
    services.add(first);
    services.add(other);
    expect(asked).toHaveLength(3);
    services.follow(session());
    expect(asked).toHaveLength(6);
    expect(decided()).toBe(0);
  });

  test("are all withheld before the first of them is judged", () => {
    const { services, asked, withheld } = judged(new Map());
    for (const each of [first, second, other]) services.add(each);
    services.follow(session());
    expect(asked[0]?.withheld).toEqual(["undecided", "undecided", "undecided"]);
    expect(asked[2]?.withheld).toEqual([undefined, undefined, "undecided"]);
    expect([first, second, other].map(withheld)).toEqual([undefined, undefined, undefined]);
  });

  test("are withheld while they are judged, and it is told when that is over", async () => {
    const { services, asked, withheld, decided } = judged(
      new Map<UsedService, "later">([
        [first, "later"],
        [second, "later"],
      ]),
    );
    services.follow(session());
    services.add(first);
    services.add(second);
    expect([first, second].map(withheld)).toEqual(["undecided", "undecided"]);
    asked[0]?.verdict.resolve(undefined);
    await asked[0]?.verdict.promise;
    expect([withheld(first), withheld(second), decided()]).toEqual([undefined, "undecided", 1]);
    asked[1]?.verdict.resolve(error);
    await asked[1]?.verdict.promise;
    expect([withheld(first), withheld(second), decided()]).toEqual([undefined, error, 2]);
  });

  test("are not withheld for what was found of a server that is gone, early or late", async () => {
    const { services, asked, withheld, decided } = judged(
      new Map<UsedService, Verdict | "later">([
        [first, "later"],
        [second, error],
      ]),
    );
    services.add(first);
    services.add(second);
    services.follow(session());
    services.follow(undefined);
    expect([first, second].map(withheld)).toEqual([undefined, undefined]);
    services.follow(session());
    asked[0]?.verdict.resolve(error);
    await asked[0]?.verdict.promise;
    expect([withheld(first), withheld(second), decided()]).toEqual(["undecided", error, 0]);
  });
});
