/** True when `buf[start, end)` holds exactly `wanted`. For short ones: a loop is cheaper than a native call. */
export function sameBytes(wanted: Uint8Array, buf: Uint8Array, start = 0, end = buf.length): boolean {
  const { length } = wanted;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (wanted[i] !== buf[start + i]) return false;
  return true;
}
