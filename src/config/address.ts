/** A host that this machine can connect to, without brackets: a wildcard address is none. */
export function reachableHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (bare === "0.0.0.0" || bare === "") return "127.0.0.1";
  return bare === "::" ? "::1" : bare;
}

/** A host as a URL spells it: IPv6 wants brackets. */
export function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
