import { parentPort, workerData } from 'node:worker_threads';
import { structureFaults } from './structure-check.js';

parentPort?.postMessage(structureFaults((workerData as { folder: string }).folder));
