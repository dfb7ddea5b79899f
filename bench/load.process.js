// Sends loads, in a process of its own: what it costs is not the server's.
import autocannon from 'autocannon';
import { answering } from './answering.js';
import { requestsOf } from './requests.js';

answering(send);

/** Each connection sends its share, one request after the other; all of them are built before the first is sent. */
function send(load) {
  const requests = requestsOf(load);
  const connections = Math.min(load.connections, requests.length);
  const shares = Array.from({ length: connections }, (_, share) =>
    requests.filter((_request, index) => index % connections === share),
  );
  return new Promise((resolve, reject) => {
    let began = 0;
    let ended = 0;
    const running = autocannon(
      {
        url: load.url,
        connections,
        amount: requests.length,
        pipelining: 1,
        // A load ends no sooner than the next sample is taken.
        sampleInt: 50,
        timeout: 60,
        // Where some send one more, these come first.
        setupClient: (client) => client.setRequests(shares.shift()),
      },
      (error, result) => {
        if (error) reject(error);
        else if (result.non2xx + result.errors > 0) {
          reject(new Error(`${result.non2xx} refused, ${result.errors} failed of ${load.kind}`));
        } else {
          const seconds = (ended - began) / 1_000;
          const { p50, p99 } = result.latency;
          resolve({ count: load.count, seconds, p50, p99 });
        }
      },
    );
    running.on('start', () => {
      began = performance.now();
    });
    running.on('response', () => {
      ended = performance.now();
    });
  });
}
