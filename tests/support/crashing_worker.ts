/** A worker of the server that crashes when a test says so. */
import "../../src/server/worker.ts";

/** What a message on this channel is, an uncaught error of the worker will be. */
const CRASH_CHANNEL = "switchyard_test_crash";

const channel = new BroadcastChannel(CRASH_CHANNEL);
channel.onmessage = ({ data }) => {
  if (data.kind === "rejection") void Promise.reject(new Error(data.words));
  else throw new Error(data.words);
};
