const RECIPE = new URL("../../deploy/haproxy/haproxy.cfg", import.meta.url);

/** Where HAProxy listens in a test, and what is behind it. */
export interface HaproxyPorts {
  readonly front: number;
  readonly gateways: readonly [one: number, two: number];
}

/**
 * The recipe of deploy/haproxy with ports of this machine, checks that are fast enough for a short
 * run, without TLS, and with the name of the gateway that answered in `x-gateway`.
 */
export async function haproxyConfig(
  { front, gateways: [one, two] }: HaproxyPorts,
): Promise<string> {
  const recipe = await Deno.readTextFile(RECIPE);
  const changes: readonly (readonly [from: RegExp, to: string])[] = [
    [/^ {2}(log stdout|stats socket).*\n/gm, ""],
    [/^ {2}log global\n/m, ""],
    [/bind :443 .*/, `bind 127.0.0.1:${front}\n  http-response set-header x-gateway %s`],
    [/inter 1s/, "inter 100ms"],
    [/127\.0\.0\.1:8787/, `127.0.0.1:${one}`],
    [/127\.0\.0\.1:8788/, `127.0.0.1:${two}`],
  ];
  return changes.reduce((text, [from, to]) => {
    if (text.search(from) < 0) throw new Error(`Cannot adapt the recipe: it has no ${from}`);
    return text.replace(from, to);
  }, recipe);
}
