/** One client for each private CA; they live as long as the process, and are few. */
const clients = new Map<string, Deno.HttpClient>();

/** What `fetch` needs to trust a private CA besides the system's; nothing without one. */
export function trusting(caCert: string | undefined): { readonly client?: Deno.HttpClient } {
  if (caCert === undefined) return {};
  let client = clients.get(caCert);
  if (!client) {
    client = Deno.createHttpClient({ caCerts: [caCert] });
    clients.set(caCert, client);
  }
  return { client };
}

/** Ends the clients and their idle connections, when the server is over. */
export function closeClients(): void {
  for (const client of clients.values()) client.close();
  clients.clear();
}
