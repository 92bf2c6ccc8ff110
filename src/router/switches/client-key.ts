/** Whom requests are counted for: an IPv4 address, or the /64 of an IPv6 address, of which one client has all. */
export function clientKey(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...new Array<string>(missing).fill("0"), ...last];
  return groups.slice(0, 4).join(":");
}
