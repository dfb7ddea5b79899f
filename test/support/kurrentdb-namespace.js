import { KurrentDBClient } from '@kurrent/kurrentdb-client';

/**
 * Gives each ledger a log of its own in one EventStoreDB: what it calls `sale-…` is `<namespace>sale-…` on the server.
 * A service gets this loaded before anything else, and its namespace in the environment; a store in a test's own process
 * has it in its connection string, from which it makes its client anew.
 */
const OPTION = /(?<=[?&])testNamespace=(?<namespace>[^&]*)&?/;

const connectionString = KurrentDBClient.connectionString.bind(KurrentDBClient);
KurrentDBClient.connectionString = (url) => {
  const { namespace = process.env.TEST_NAMESPACE } = OPTION.exec(url)?.groups ?? {};
  const client = connectionString(url.replace(OPTION, ''));
  return namespace === undefined ? client : namespaced(client, namespace);
};

/** The connection string of a namespace. */
export function inNamespace(url, name) {
  return `${url}${url.includes('?') ? '&' : '?'}testNamespace=${name}`;
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
