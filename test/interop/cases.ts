import type { InteropCase } from "./case.js";
import { compressionCases } from "./compression-cases.js";
import { cutCases } from "./cut-cases.js";
import { endingCases } from "./ending-cases.js";
import { loadCases } from "./load-cases.js";
import { pushBackCases } from "./push-back-cases.js";
import { reconnectCases } from "./reconnect-cases.js";
import { sessionCases } from "./session-cases.js";
import { soakCases } from "./soak-cases.js";
import { statusCases } from "./status-cases.js";
import { streamCases } from "./stream-cases.js";
import { unaryCases } from "./unary-cases.js";

/** All interop cases. A server in another language that serves TestService and ControlService can be held to them. */
export const interopCases: readonly InteropCase[] = [
  ...unaryCases,
  ...compressionCases,
  ...streamCases,
  ...statusCases,
  ...endingCases,
  ...soakCases,
  ...sessionCases,
  ...cutCases,
  ...reconnectCases,
  ...pushBackCases,
  ...loadCases,
];

const cloud = "asks a cloud for credentials; who calls is channel_identity's and per_call_identity's matter";
const load = "load reports belong to balancing between instances, which this kit does not do yet";

/** gRPC's cases that have no counterpart here, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  cacheable_unary: "HTTP's caches stand between nobody here",
  compute_engine_creds: cloud,
  compute_engine_channel_credentials: cloud,
  google_default_credentials: cloud,
  jwt_token_creds: cloud,
  oauth2_auth_token: cloud,
  per_rpc_creds: cloud,
  orca_per_rpc: load,
  orca_oob: load,
  rst_after_header:
    "there is no reset of one call; cut_before_request and cut_after_request break the connection",
  rst_during_data: "as above: cut_during_request, cut_during_answer and cut_during_response",
  rst_after_data: "as above: cut_after_first_response and cut_after_all_responses",
};
