import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { median, rounded } from './figures.js';
import { storeSettings, TOOL } from './ledger.js';

const TIMES = 3;

/** Recorded trade played into an empty ledger by the operator's tool, from its start to its end. */
export async function benchImport(bench) {
  if (!existsSync(bench.trade)) {
    bench.say(`import left out: there is no ${bench.trade}`);
    return {};
  }
  const seconds = [];
  for (let time = 0; time < TIMES; time += 1) {
    const began = performance.now();
    const child = spawn(process.execPath, [TOOL, 'import', bench.trade], {
      env: { ...process.env, ...storeSettings(bench.newFolder()) },
      stdio: 'ignore',
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the import ended with code ${code}`);
    seconds.push((performance.now() - began) / 1_000);
    bench.say(`import ${time + 1} of ${TIMES}: ${seconds.at(-1).toFixed(1)} s`);
  }
  return { importSeconds: rounded(median(seconds), 1) };
}
