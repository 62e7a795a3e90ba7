/** What serves, in one thread or in several. */
export interface Engine {
  readonly port: number;
  /** Settles when the main thread's server has ended, for whatever reason. */
  readonly finished: Promise<void>;
  /** Requests in flight. */
  readonly openRequests: number;
  /** Takes no new work; settles when all requests are over. */
  shutdown(): Promise<void>;
  /** Ends all requests that are still in flight. */
  endAll(): void;
  /** Lets go of what is left, once all is over. */
  close(): void;
}
