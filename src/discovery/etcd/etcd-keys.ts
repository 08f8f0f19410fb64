import type { Announcement } from "../../naming/instance.js";

/** All keys from `key` up to, not including, `rangeEnd`. */
export interface KeyRange {
  readonly key: string;
  readonly rangeEnd: string;
}

/**
 * Where announcements lie: each under `<prefix>instances/<instance>`, and once more under
 * `<prefix>services/<service>/<instance>` for every service, so that who watches one service reads nothing else.
 */
export function keysOf(prefix: string, { instance, services }: Announcement): readonly string[] {
  const last = encodeURIComponent(instance);
  return [
    `${prefix}instances/${last}`,
    ...services.map(({ name }) => `${prefix}services/${encodeURIComponent(name)}/${last}`),
  ];
}

/** Where the announcements of those who serve this lie; with an empty name, those of all. */
export function rangeOf(prefix: string, service: string): KeyRange {
  const folder = service === "" ? "instances" : `services/${encodeURIComponent(service)}`;
  // "0" follows "/" in ASCII.
  return { key: `${prefix}${folder}/`, rangeEnd: `${prefix}${folder}0` };
}

/** Whether this is what `keysOf` would have put there. */
export function belongsAt(prefix: string, key: string, announcement: Announcement): boolean {
  return keysOf(prefix, announcement).includes(key);
}
