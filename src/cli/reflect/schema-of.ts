import { Buffer } from "node:buffer";
import { EventService, LogService } from "../../gen/heliograph/pubsub/v1/event_heliograph.js";
import type { Listing } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import { reflect } from "./reflect.js";

/** Services of the kit whose topics any node may publish. */
export const kitTopicServices = [EventService, LogService];

/**
 * The schema of a service as a `google.protobuf.FileDescriptorSet`: of whoever serves it or publishes a topic of it; of the
 * kit's own topics, as they are known here.
 *
 * @param name full name
 * @throws Failure that says what each of them said
 */
export async function schemaOf(name: string, listing: Listing, lookup: Lookup): Promise<Uint8Array> {
  const own = kitTopicServices.find(({ $service }) => $service === name);
  if (own !== undefined) return Buffer.from(own.$schema, "base64");
  return (await reflect(name, listing, lookup)).descriptorSet;
}
