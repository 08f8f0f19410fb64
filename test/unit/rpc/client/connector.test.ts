import { describe, expect, test } from "vitest";
import { type BackoffOptions, backoffFrom } from "../../../../src/core/backoff.js";
import { Code } from "../../../../src/core/code.js";
import { HeliographError } from "../../../../src/core/error.js";
import { Connector, type DialAttempt } from "../../../../src/rpc/client/connector.js";
import { fakeClock } from "../../../../src/testing/fake-clock.js";

const refused = new HeliographError(Code.Unavailable, "refused");

function connector(endpoints = ["a", "b"], backoff: BackoffOptions = { maxMs: 1_000 }) {
  const clock = fakeClock();
  const told: string[] = [];
  const state = { hurried: false, wanted: true };
  /** By endpoint, the latest of each. */
  const attempts = new Map<string, DialAttempt>();
  const subject = new Connector(
    endpoints,
    {
      dial: (endpoint) => {
        told.push(`dial ${endpoint}`);
        const attempt = {
          endpoint,
          close: async (error: HeliographError) => {
            told.push(`close ${endpoint} ${error.reason}`);
            subject.failed(attempt, error);
          },
        };
        attempts.set(endpoint, attempt);
        return attempt;
      },
      exhausted: (error) => told.push(`exhausted ${error.rawMessage}`),
      get hurried() {
        return state.hurried;
      },
      get wanted() {
        return state.wanted;
      },
    },
    { clock, backoff: backoffFrom({ initialMs: 200, jitter: 0, ...backoff }), attemptMs: 2_000 },
  );
  const news = () => told.splice(0);
  const of = (endpoint: string) => attempts.get(endpoint) ?? expect.unreachable(`${endpoint} was not dialed`);
  const fail = (endpoint: string) => subject.failed(of(endpoint), refused);
  const succeed = (endpoint: string) => subject.succeeded(of(endpoint));
  return { subject, clock, news, state, fail, succeed };
}

describe("the connector", () => {
  test("does nothing before a call wants a connection, and dials once for many", () => {
    const { subject, clock, news } = connector();
    clock.advance(100_000);
    expect(news()).toEqual([]);
    subject.want();
    subject.want();
    expect(news()).toEqual(["dial a"]);
  });

  test("tries the endpoints in order, then says that none answered", () => {
    const { subject, news, fail } = connector(["a", "b", "c"]);
    subject.want();
    for (const endpoint of ["a", "b", "c"]) fail(endpoint);
    expect(news()).toEqual(["dial a", "dial b", "dial c", "exhausted refused"]);
  });

  test("tries again after 200 ms, then after twice as long each time, up to the most", () => {
    const { subject, clock, news, fail } = connector(["a"]);
    subject.want();
    news();
    for (const wait of [200, 400, 800, 1_000, 1_000]) {
      fail("a");
      expect(news()).toEqual(["exhausted refused"]);
      clock.advance(wait - 1);
      expect(news()).toEqual([]);
      clock.advance(1);
      expect(news()).toEqual(["dial a"]);
    }
  });

  test("waits no longer than a second while somebody is in a hurry", () => {
    const { subject, clock, news, state, fail } = connector(["a"], { initialMs: 5_000 });
    state.hurried = true;
    subject.want();
    fail("a");
    news();
    clock.advance(999);
    expect(news()).toEqual([]);
    clock.advance(1);
    expect(news()).toEqual(["dial a"]);
  });

  test("tries no more while nobody has a use for a connection, and at once when a call wants one", () => {
    const { subject, clock, news, state, fail } = connector(["a"]);
    subject.want();
    fail("a");
    state.wanted = false;
    news();
    clock.advance(100_000);
    expect(news()).toEqual([]);
    subject.want();
    expect(news()).toEqual(["dial a"]);
  });

  test("tries at once when a call wants it, but not twice within 50 ms", () => {
    const { subject, clock, news, fail } = connector(["a"]);
    subject.want();
    fail("a");
    news();
    clock.advance(20);
    subject.want();
    subject.want();
    clock.advance(29);
    expect(news()).toEqual([]);
    clock.advance(1);
    expect(news()).toEqual(["dial a"]);
    fail("a");
    clock.advance(100);
    news();
    subject.want();
    clock.advance(0);
    expect(news()).toEqual(["dial a"]);
  });

  test("dials the next one beside an endpoint that says nothing for 200 ms", () => {
    const { subject, clock, news } = connector(["a", "b", "c"]);
    subject.want();
    expect(news()).toEqual(["dial a"]);
    clock.advance(199);
    expect(news()).toEqual([]);
    clock.advance(1);
    expect(news()).toEqual(["dial b"]);
    clock.advance(200);
    expect(news()).toEqual(["dial c"]);
  });

  test("takes the first that answers, whichever it is, and ends the others", () => {
    const { subject, clock, news, succeed } = connector(["a", "b", "c"]);
    subject.want();
    clock.advance(400);
    news();
    expect([succeed("b"), succeed("c")]).toEqual([true, false]);
    expect(news()).toEqual(["close a CONNECTION_CLOSED", "close c CONNECTION_CLOSED"]);
    clock.advance(100_000);
    expect([news(), clock.timers]).toEqual([[], 0]);
  });

  test("leaves the latest its head start when an earlier one fails, and goes on at once when that fails", () => {
    const { subject, clock, news, fail } = connector(["a", "b", "c"]);
    subject.want();
    clock.advance(300);
    news();
    fail("a");
    clock.advance(99);
    expect(news()).toEqual([]);
    fail("b");
    expect(news()).toEqual(["dial c"]);
    fail("c");
    expect(news()).toEqual(["exhausted refused"]);
  });

  test("waits for all of them before it says that none answered", () => {
    const { subject, clock, news, fail } = connector();
    subject.want();
    clock.advance(200);
    fail("b");
    expect(news()).toEqual(["dial a", "dial b"]);
    fail("a");
    expect(news()).toEqual(["exhausted refused"]);
  });

  test("gives each endpoint up that does not answer within its time", () => {
    const { subject, clock, news } = connector();
    subject.want();
    clock.advance(1_999);
    news();
    clock.advance(1);
    expect(news()).toEqual(["close a CONNECT_TIMED_OUT"]);
    clock.advance(200);
    expect(news()).toEqual([
      "close b CONNECT_TIMED_OUT",
      "exhausted b did not answer within 2000 ms (connectTimeoutMs)",
    ]);
  });

  test("gives new endpoints their turn beside the one that is dialed, and dials none of them twice", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.want();
    clock.advance(1_000);
    subject.moveTo(["a", "b"]);
    clock.advance(199);
    expect(news()).toEqual(["dial a"]);
    clock.advance(1);
    expect(news()).toEqual(["dial b"]);
    clock.advance(500);
    expect(news()).toEqual([]);
  });

  test("dials again at once when a connection is lost, the first endpoint first, and forgets its failures", () => {
    const { subject, clock, news, fail, succeed } = connector();
    subject.want();
    fail("a");
    succeed("b");
    news();
    clock.advance(1_000);
    subject.lost(refused);
    expect(news()).toEqual(["dial a"]);
  });

  test("takes connections that break at once, again and again, for failures", () => {
    const { subject, clock, news, succeed } = connector(["a"]);
    subject.want();
    succeed("a");
    subject.lost(refused);
    expect(news()).toEqual(["dial a", "dial a"]);
    succeed("a");
    subject.lost(refused);
    expect(news()).toEqual(["exhausted refused"]);
    clock.advance(400);
    expect(news()).toEqual(["dial a"]);
    succeed("a");
    clock.advance(200);
    subject.lost(refused);
    expect(news()).toEqual(["dial a"]);
  });

  test("tries new endpoints before it says that none answered, also those that come while it dials", () => {
    const { subject, clock, news, fail, succeed } = connector(["a"]);
    subject.want();
    subject.moveTo(["b"]);
    expect(news()).toEqual(["dial a"]);
    fail("a");
    expect(news()).toEqual(["dial b"]);
    fail("b");
    expect(news()).toEqual(["exhausted refused"]);
    subject.moveTo(["c"]);
    expect(news()).toEqual(["dial c"]);
    succeed("c");
    subject.moveTo(["d", "e"]);
    clock.advance(10_000);
    expect(news()).toEqual([]);
    subject.lost(refused);
    expect(news()).toEqual(["dial d"]);
  });

  test("ignores what comes late, and everything once it is closed", () => {
    const { subject, clock, news, fail, succeed } = connector(["a"]);
    subject.lost(refused);
    expect(news()).toEqual([]);
    subject.want();
    fail("a");
    news();
    fail("a");
    expect([succeed("a"), news()]).toEqual([false, []]);
    subject.close();
    subject.want();
    subject.lost(refused);
    clock.advance(100_000);
    expect([news(), clock.timers]).toEqual([[], 0]);
  });

  test("leaves no timer of attempts that are under way when it is closed, and ignores their ends", () => {
    const { subject, clock, news, fail } = connector();
    subject.want();
    clock.advance(200);
    subject.close();
    news();
    fail("b");
    expect([news(), clock.timers]).toEqual([[], 0]);
  });
});
