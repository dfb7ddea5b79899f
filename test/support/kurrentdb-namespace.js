import { AsyncLocalStorage } from 'node:async_hooks';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';

/**
 * Gives each ledger a log of its own in one EventStoreDB: what it calls `sale-…` is `<namespace>sale-…` on the server.
 * A service gets this loaded before anything else, and its namespace in the environment.
 */
const namespaces = new AsyncLocalStorage();

const connectionString = KurrentDBClient.connectionString.bind(KurrentDBClient);
KurrentDBClient.connectionString = (...url) => {
  const client = connectionString(...url);
  const namespace = namespaces.getStore() ?? process.env.TEST_NAMESPACE;
  return namespace === undefined ? client : namespaced(client, namespace);
};

/** Whoever connects while this runs does so in the namespace. */
export function inNamespace(name, connect) {
  return namespaces.run(name, connect);
}

/** The same client, for which nothing but the namespace is there. */
function namespaced(client, name) {
  const { rustClient } = client;
  const append = client.appendToStream.bind(client);
  const subscribe = client.subscribeToAll.bind(client);
  const filtered = ({ filter, ...options }) => ({
    ...options,
    filter: { ...filter, prefixes: filter.prefixes.map((prefix) => `${name}${prefix}`) },
  });
  const bare = (resolved) => {
    if (resolved.event) resolved.event.streamId = resolved.event.streamId.slice(name.length);
    return resolved;
  };
  async function* bareOf(pages) {
    for await (const page of pages) yield page.map(bare);
  }
  client.appendToStream = (stream, ...rest) => append(`${name}${stream}`, ...rest);
  client.subscribeToAll = (options) => {
    const subscription = subscribe(filtered(options));
    const on = subscription.on.bind(subscription);
    subscription.on = (event, listener) =>
      on(event, event === 'data' ? (resolved) => listener(bare(resolved)) : listener);
    return subscription;
  };
  const reads = {
    readStream: (stream, options) => bareOf(rustClient.readStream(`${name}${stream}`, options)),
    readAll: (options) => bareOf(rustClient.readAll(filtered(options))),
  };
  Object.defineProperty(client, 'rustClient', { value: reads });
  return client;
}
