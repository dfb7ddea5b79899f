import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { readSettings } from '../../../src/config.js';
import { warningsOf } from '../../../src/event-store/kurrentdb/connection.js';
import { newFolder } from '../../support/store-folder.js';

const COMPOSE = ['docker/compose.yaml', 'docker/compose.cluster.yaml'];

/** What is about the look of a file, or about images that are fetched and not built. */
const NOT_ASKED = [
  'no-build-and-image',
  'service-image-require-explicit-tag',
  'service-keys-order',
  'services-alphabetical-order',
  'top-level-properties-order',
];

interface Service {
  readonly image: string;
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, unknown>;
  readonly ports?: string[];
  readonly volumes?: string[];
}

interface Compose {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
}

const read = (file: string) => parse(readFileSync(file, 'utf8'), { merge: true }) as Compose;

const dockerfile = readFileSync('docker/Dockerfile', 'utf8');

/** ENV of the last stage. */
const imageEnv = Object.fromEntries(
  [...dockerfile.matchAll(/^(?:ENV| {3}) *([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [
    name ?? '',
    value ?? '',
  ]),
);

describe.each(COMPOSE)('%s', (file) => {
  const { services, volumes } = read(file);

  test('is as the compose specification and its linter say', async () => {
    const rules = Object.fromEntries(NOT_ASKED.map((rule) => [rule, 0 as const]));
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    // Its types don't name what it finds.
    const found = (await linter.lintFiles([file], false)) as { messages: { message: string }[] }[];
    expect(found.flatMap(({ messages }) => messages.map(({ message }) => message))).toEqual([]);
  });

  test('gives the service settings that it starts with, and nothing to warn of but what it says', () => {
    const ledgers = Object.values(services).filter(({ image }) => image === 'tillbook');
    expect(ledgers.length).toBeGreaterThan(0);
    for (const { environment = {} } of ledgers) {
      const filled = Object.entries({ ...imageEnv, ...environment }).map(([name, value]) => [
        name,
        value.replace(/\$\{EVENT_STORE_PASSWORD:[^}]*\}/, 'Sesame1234'),
      ]);
      const settings = readSettings(Object.fromEntries(filled) as NodeJS.ProcessEnv);
      expect(settings).toMatchObject({ AUTH: 'keys', HOST: '0.0.0.0', VIEWS_DIR: '/data' });
      const isCluster = file.includes('cluster');
      expect(warningsOf(settings.EVENT_STORE_URL)).toHaveLength(isCluster ? 0 : 1);
    }
  });

  test('opens no port but to this machine, and names only services and volumes that there are', () => {
    for (const service of Object.values(services)) {
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const name of Object.keys(service.depends_on ?? {})) {
        expect(services).toHaveProperty(name);
      }
      for (const volume of service.volumes ?? []) {
        const from = volume.split(':')[0] ?? '';
        if (from.startsWith('.')) expect(existsSync(`docker/${from}`)).toBe(true);
        else expect(volumes).toHaveProperty(from);
      }
    }
  });
});

test('the servers of the cluster get the password that the service signs in with', () => {
  const { services } = read('docker/compose.cluster.yaml');
  const servers = Object.entries(services).filter(([name]) => name.startsWith('eventstore'));
  expect(servers).toHaveLength(3);
  for (const [, { environment = {} }] of servers) {
    for (const user of ['ADMIN', 'OPS']) {
      expect(environment[`KURRENTDB_DEFAULT_${user}_PASSWORD`]).toMatch(
        /^\$\{EVENT_STORE_PASSWORD/,
      );
    }
  }
});

test('the proxy sends to the service nodes of the cluster', () => {
  const { services } = read('docker/compose.cluster.yaml');
  const proxy = readFileSync('docker/proxy.conf', 'utf8');
  const nodes = [...proxy.matchAll(/^ +server (\S+):3000 /gm)].map(([, node]) => node);
  const ledgers = Object.keys(services).filter((name) => name.startsWith('ledger'));
  expect(nodes).toEqual([...ledgers, ...ledgers]);
});

test('the proxy asks for the addresses of the nodes again, and is of a version that can', () => {
  const { image = '' } = read('docker/compose.cluster.yaml').services['proxy'] ?? {};
  const [, minor] = /^nginx:1\.(\d+)-/.exec(image) ?? [];
  // Free since 1.27.3.
  expect(Number(minor)).toBeGreaterThanOrEqual(28);
  const proxy = readFileSync('docker/proxy.conf', 'utf8');
  expect(proxy).toMatch(/^resolver 127\.0\.0\.11 valid=\d+s /m);
  expect(proxy).toMatch(/^ +zone \S+ \d+k;$/m);
  const servers = proxy.match(/^ +server ledger.*$/gm) ?? [];
  expect(servers).toHaveLength(4);
  for (const server of servers) expect(server).toMatch(/:3000 resolve /);
});

describe('the Dockerfile', () => {
  test('has nothing that a linter objects to', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  });

  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
    (from ?? '').split(' '),
  );

  test('copies what there is and what the build may see, and ends as a user that is not root', () => {
    const allowed = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) {
      expect([name, existsSync(name), allowed.includes(`!${name}`)]).toEqual([name, true, true]);
    }
    expect(dockerfile.slice(dockerfile.lastIndexOf('FROM'))).toMatch(/^USER node$/m);
  });

  test('builds from nothing but what it copies, and the libraries', () => {
    const folder = newFolder();
    for (const name of copied) cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    expect(dockerfile).toMatch(/^RUN npm run compile /m);
    execFileSync('npm', ['run', 'compile'], { cwd: folder, stdio: 'pipe' });
    expect(readdirSync(join(folder, 'dist/bundle'))).toContain('main.js');
  });
});
