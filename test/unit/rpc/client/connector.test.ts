import { describe, expect, test } from "vitest";
import { type BackoffOptions, backoffFrom } from "../../../../src/core/backoff.js";
import { Code } from "../../../../src/core/code.js";
import { HeliographError } from "../../../../src/core/error.js";
import { Connector } from "../../../../src/rpc/client/connector.js";
import { fakeClock } from "../../../../src/testing/fake-clock.js";

const refused = new HeliographError(Code.Unavailable, "refused");

function connector(endpoints = ["a", "b"], backoff: BackoffOptions = { maxMs: 1_000 }) {
  const clock = fakeClock();
  const told: string[] = [];
  const state = { hurried: false, wanted: true };
  const subject = new Connector(
    endpoints,
    {
      dial: (endpoint) => told.push(`dial ${endpoint}`),
      abandon: (error) => {
        told.push(`abandon ${error.reason}`);
        subject.failed(error);
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
  return { subject, clock, news, state };
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
    const { subject, news } = connector(["a", "b", "c"]);
    subject.want();
    for (let i = 0; i < 3; i++) subject.failed(refused);
    expect(news()).toEqual(["dial a", "dial b", "dial c", "exhausted refused"]);
  });

  test("tries again after 200 ms, then after twice as long each time, up to the most", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.want();
    news();
    for (const wait of [200, 400, 800, 1_000, 1_000]) {
      subject.failed(refused);
      expect(news()).toEqual(["exhausted refused"]);
      clock.advance(wait - 1);
      expect(news()).toEqual([]);
      clock.advance(1);
      expect(news()).toEqual(["dial a"]);
    }
  });

  test("waits no longer than a second while somebody is in a hurry", () => {
    const { subject, clock, news, state } = connector(["a"], { initialMs: 5_000 });
    state.hurried = true;
    subject.want();
    subject.failed(refused);
    news();
    clock.advance(999);
    expect(news()).toEqual([]);
    clock.advance(1);
    expect(news()).toEqual(["dial a"]);
  });

  test("tries no more while nobody has a use for a connection, and at once when a call wants one", () => {
    const { subject, clock, news, state } = connector(["a"]);
    subject.want();
    subject.failed(refused);
    state.wanted = false;
    news();
    clock.advance(100_000);
    expect(news()).toEqual([]);
    subject.want();
    expect(news()).toEqual(["dial a"]);
  });

  test("tries at once when a call wants it, but not twice within 50 ms", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.want();
    subject.failed(refused);
    news();
    clock.advance(20);
    subject.want();
    subject.want();
    clock.advance(29);
    expect(news()).toEqual([]);
    clock.advance(1);
    expect(news()).toEqual(["dial a"]);
    subject.failed(refused);
    clock.advance(100);
    news();
    subject.want();
    clock.advance(0);
    expect(news()).toEqual(["dial a"]);
  });

  test("gives an endpoint up that does not answer within its time", () => {
    const { subject, clock, news } = connector();
    subject.want();
    clock.advance(2_000);
    expect(news()).toEqual(["dial a", "abandon CONNECT_TIMED_OUT", "dial b"]);
    subject.succeeded();
    clock.advance(100_000);
    expect([news(), clock.timers]).toEqual([[], 0]);
  });

  test("dials again at once when a connection is lost, the first endpoint first, and forgets its failures", () => {
    const { subject, clock, news } = connector();
    subject.want();
    subject.failed(refused);
    subject.succeeded();
    news();
    clock.advance(1_000);
    subject.lost(refused);
    expect(news()).toEqual(["dial a"]);
  });

  test("takes connections that break at once, again and again, for failures", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.want();
    subject.succeeded();
    subject.lost(refused);
    expect(news()).toEqual(["dial a", "dial a"]);
    subject.succeeded();
    subject.lost(refused);
    expect(news()).toEqual(["exhausted refused"]);
    clock.advance(400);
    expect(news()).toEqual(["dial a"]);
    subject.succeeded();
    clock.advance(200);
    subject.lost(refused);
    expect(news()).toEqual(["dial a"]);
  });

  test("tries new endpoints before it says that none answered, also those that come while it dials", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.want();
    subject.moveTo(["b"]);
    expect(news()).toEqual(["dial a"]);
    subject.failed(refused);
    expect(news()).toEqual(["dial b"]);
    subject.failed(refused);
    expect(news()).toEqual(["exhausted refused"]);
    subject.moveTo(["c"]);
    expect(news()).toEqual(["dial c"]);
    subject.succeeded();
    subject.moveTo(["d", "e"]);
    clock.advance(10_000);
    expect(news()).toEqual([]);
    subject.lost(refused);
    expect(news()).toEqual(["dial d"]);
  });

  test("ignores what comes late, and everything once it is closed", () => {
    const { subject, clock, news } = connector(["a"]);
    subject.succeeded();
    subject.failed(refused);
    subject.lost(refused);
    expect(news()).toEqual([]);
    subject.want();
    subject.failed(refused);
    subject.close();
    news();
    subject.want();
    subject.lost(refused);
    subject.failed(refused);
    clock.advance(100_000);
    expect([news(), clock.timers]).toEqual([[], 0]);
  });
});
