import { describe, expect, test } from "vitest";
import { type SourceFile, sourceFiles } from "./support/source-files.js";

/** Something that no file may hold, except those that say why. */
interface Rule {
  readonly name: string;
  readonly folders: readonly string[];
  readonly endings?: readonly string[];
  readonly pattern: RegExp;
  /** By path: the reason. */
  readonly except: Readonly<Record<string, string>>;
}

const HERE = "test/conventions.test.ts";
const code = ["src", "test", "services", "examples", "scripts", "bench"];
const all = [".ts", ".mjs", ".py", ".cc", ".h", ".md", ".proto", ".yaml"];

const rules: readonly Rule[] = [
  {
    name: "tests wait for events, not for time",
    folders: ["test"],
    pattern: /\bsetTimeout\b|\btimers\/promises\b|\btime\.sleep\b/,
    except: {
      "test/conformance/calls/testees/client.ts": "delays requests and cancellations by what a case says",
      "test/contract/socket.ts": "spreads messages over turns of the loop; asserts nothing of their times",
      "test/integration/adversary/fuzz.test.ts":
        "breaks off connections that the server would drop much later",
      "test/integration/adversary/overlapping.test.ts":
        "handlers that take a while, so that answers are shuffled",
      "test/integration/adversary/stalled.test.ts": "a peer that reads at a given pace",
      "test/integration/adversary/storms.test.ts": "counts how little happens in a given time",
      "test/integration/discovery/pass.ts": "how long somebody is away is what those tests vary",
      "test/integration/discovery/node-program.ts":
        "a handler that takes as long as its request says; a loop that is busy for a given time",
      "test/integration/topics/topic-program.ts": "publishes at a given pace",
      "test/support/echo-server.ts": "a handler that takes as long as its request says",
      "test/support/slow-link.ts": "a link of a given bandwidth",
      "test/support/within.ts": "puts a bound on waiting, and asks again and again for what has no event",
    },
  },
  {
    name: "tests bind ports that the system chooses",
    // Not test/conformance: its endpoints are data.
    folders: ["codegen", "contract", "integration", "support", "unit"].map((name) => `test/${name}`),
    // Port 1 is where nobody listens; .invalid and 192.0.2.0/24 are nobody's.
    pattern: /tcp:\/\/(?![^\s"'`]*\.invalid)(?!192\.0\.2\.)[^\s"'`]*:[0-9]{2,}/,
    except: {
      "test/contract/options.test.ts": "endpoints in bad company: nothing is bound",
      "test/contract/zmq-socket.test.ts": "a port that is none",
      "test/unit/cli/registry/registry-place.test.ts": "reads endpoints, binds none",
      "test/unit/socket/resolve.test.ts": "reads endpoints, binds none",
    },
  },
  {
    name: "every test runs",
    folders: ["test"],
    pattern: /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo|fails)\b|\b(?:skip|only|todo): true/,
    except: {},
  },
  {
    name: "a test that runs only somewhere says why",
    folders: ["test"],
    pattern: /\.(?:skipIf|runIf)\b/,
    except: {
      "test/integration/cli/doctor.test.ts": "only Linux tells that a process was stopped",
      "test/readme.test.ts": "a block of Python needs Python; a page may be without blocks of a kind",
    },
  },
  {
    name: "no path of one machine",
    folders: [...code, "docs", "proto"],
    endings: all,
    pattern: /(?<![\w.$*}])\/(?:home|Users|root|work|tmp)\//,
    except: {},
  },
  {
    name: "what is to be done is an issue, not a comment",
    folders: [...code, "docs", "proto"],
    endings: all,
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    except: {},
  },
];

function findings({ folders, endings, pattern }: Rule): Map<string, string> {
  const files = folders.flatMap((folder) => sourceFiles(folder, endings)).filter(({ path }) => path !== HERE);
  return new Map(files.flatMap((file) => firstFinding(file, pattern)));
}

function firstFinding({ path, text }: SourceFile, pattern: RegExp): [string, string][] {
  const index = text.split("\n").findIndex((line) => pattern.test(line));
  return index === -1 ? [] : [[path, `${path}:${index + 1}`]];
}

describe.each(rules)("$name", (rule) => {
  const found = findings(rule);

  test("everywhere but where a reason is given", () => {
    expect([...found].filter(([path]) => rule.except[path] === undefined).map(([, where]) => where)).toEqual(
      [],
    );
  });

  test("and each reason is still needed", () => {
    expect(Object.keys(rule.except).filter((path) => !found.has(path))).toEqual([]);
  });
});
