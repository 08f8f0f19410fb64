import { UsageError } from "../failure.js";

/** A method as the command line names it. */
export interface MethodName {
  readonly service: string;
  readonly method: string;
}

/** @throws UsageError unless it is `Service/Method` */
export function parseMethodName(text: string): MethodName {
  const [service = "", method = "", ...rest] = text.split("/");
  if (service !== "" && method !== "" && rest.length === 0) return { service, method };
  throw new UsageError(
    `${JSON.stringify(text)} is no method: write Service/Method, such as example.v1.GreeterService/Greet`,
  );
}
