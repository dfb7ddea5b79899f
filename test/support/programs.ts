import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

/** Programs that tests ask for their judgement, each with the Debian package that has it. */
const PACKAGES = {
  hledger: 'hledger',
  'bean-check': 'beancount',
  xmllint: 'libxml2-utils',
  promtool: 'prometheus',
  nginx: 'nginx-light',
  openssl: 'openssl',
} as const;

/** Whether they are on the machine. Asked where tests are defined, it tells what is left out without them. */
export function has(...programs: (keyof typeof PACKAGES)[]): boolean {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).error);
  for (const program of missing) {
    test.skip(`left out: no ${program} (Debian package ${PACKAGES[program]})`, () => undefined);
  }
  return missing.length === 0;
}
