/** What this side of the connection decides alone. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The head of a POST with a body of so many bytes; a user and password in the URL are sent too. */
export function requestHead(url: URL, headers: Headers, length: number): string {
  let own = "";
  if (!headers.has("host")) own += `host: ${url.host}\r\n`;
  if (!headers.has("accept")) own += "accept: */*\r\n";
  // Events would wait for each other in a compressor.
  if (!headers.has("accept-encoding")) own += "accept-encoding: identity\r\n";
  if (url.username !== "" && !headers.has("authorization")) {
    own += `authorization: Basic ${basicCredentials(url)}\r\n`;
  }
  for (const [name, value] of headers) {
    if (!OWN_HEADERS.has(name)) own += `${name}: ${value}\r\n`;
  }
  const path = url.pathname + url.search;
  return `POST ${path} HTTP/1.1\r\n${own}content-length: ${length}\r\n\r\n`;
}

function basicCredentials({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return btoa(String.fromCharCode(...new TextEncoder().encode(pair)));
}
