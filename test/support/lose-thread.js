// Preloaded: the thread that was started with what LOSE_THREAD names throws, once there is a file `lose` where the process runs.
import { existsSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { workerData } from 'node:worker_threads';

if (workerData && process.env.LOSE_THREAD in workerData) {
  setInterval(() => {
    if (existsSync('lose')) throw new Error('no memory is left');
  }, 20).unref();
}
