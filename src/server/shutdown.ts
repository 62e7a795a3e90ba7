import { UnavailableError } from "../errors.ts";

/** What requests end with that are in flight when the server's patience is over. */
export function shuttingDown(): UnavailableError {
  return new UnavailableError("The gateway is shutting down");
}
