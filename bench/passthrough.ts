/** The least that a proxy in Deno can do: the measure of all others. */

const [port, upstream] = Deno.args;

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, async (request) => {
  const { pathname, search } = new URL(request.url);
  const init = request.body ? { method: "POST", body: request.body } : {};
  const response = await fetch(`http://127.0.0.1:${upstream}${pathname}${search}`, init);
  return new Response(response.body, { headers: response.headers });
});
