import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { InterceptedCall, Interceptor } from "../rpc/interceptor.js";
import { attempt } from "../rpc/retry/attempt.js";
import { type RetryPolicy, retryOptionNames, retryPolicyFrom } from "../rpc/retry/retry-policy.js";
import { RetryThrottle } from "../rpc/retry/retry-throttle.js";
import type { RetryOptions } from "../rpc/retry-options.js";
import { showValue } from "../wire/show-value.js";

/** When and how often `retry` makes failed calls again. */
export interface RetryInterceptorOptions extends RetryOptions {
  /**
   * By a method's name in the `.proto`, `Greet` or `example.v1.GreeterService/Greet`: what holds for it in place of all
   * the rest; `false` for no further attempts.
   */
  readonly methods?: Readonly<Record<string, RetryOptions | false>> | undefined;
}

/**
 * Makes failed calls of a client again. `retry` of a call's own options takes the place of what is said here. One that
 * was made here should be shared by all clients of a server: when too many of their calls fail, it makes no further
 * attempts (gRFC A6). Does nothing on a server.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function retry(options: RetryInterceptorOptions = {}): Interceptor {
  checkOptionNames("retry()", options, [...retryOptionNames, "methods"]);
  const { methods = {}, ...rest } = options;
  if (typeof methods !== "object" || methods === null) {
    throw invalidArgument(
      `methods must be options by name such as { Greet: { attempts: 5 } }, got ${showValue(methods)}`,
    );
  }
  const common = retryPolicyFrom(rest);
  const byName = new Map(
    Object.entries(methods).map(([name, own]) => [name, own === false ? undefined : retryPolicyFrom(own)]),
  );
  const throttle = new RetryThrottle();
  const policyOf = ({ retry: own, method }: InterceptedCall): RetryPolicy | undefined => {
    if (own !== undefined) return own === false ? undefined : retryPolicyFrom(own);
    for (const name of [method.path, method.name]) if (byName.has(name)) return byName.get(name);
    return common;
  };
  return (next) => async (call) => {
    if (call.side === "server") return next(call);
    const policy = policyOf(call);
    if (policy === undefined) return next({ ...call, retry: false });
    return attempt(call, next, policy, { clock: call.clock, random: Math.random, throttle });
  };
}
