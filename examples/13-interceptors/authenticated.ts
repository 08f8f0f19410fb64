import { Code, createContextKey, HeliographError, type Interceptor } from "heliograph";

const users = new Map([["secret", "Ada"]]);

/** Who calls: set by `authenticated`, read by handlers. */
export const user = createContextKey<string>("user", "nobody");

/** Lets nobody pass without a token. */
export const authenticated: Interceptor = (next) => async (call) => {
  const name = users.get(call.metadata.text("token") ?? "");
  if (name === undefined) {
    throw new HeliographError(Code.Unauthenticated, "the token is missing or unknown", {
      notProcessed: true,
    });
  }
  call.values.set(user, name);
  return next(call);
};
