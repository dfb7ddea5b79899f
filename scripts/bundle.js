// Puts what the service, the tool and their threads are made of into few files, the libraries with it: of a process that
// starts, most of the time went to finding and reading some thousand files.
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Where the modules are, and where the compiled ones. */
const SOURCES = 'src';
const MODULES = 'dist';

const BUNDLE = join(MODULES, 'bundle');

const threads = readdirSync(SOURCES, { recursive: true })
  .filter((file) => file.endsWith('.worker.ts'))
  .map((file) => join(MODULES, file.replace(/ts$/, 'js')));

/** What is read from its own folder: native code, and the files of the page that explains the API. */
const READ_IN_PLACE = [
  'better-sqlite3',
  '@kurrent/kurrentdb-client',
  '@fastify/static',
  'swagger-ui-dist',
  // Asked for by path, too: two copies of it would not know of each other.
  'class-transformer',
];

/** What Nest asks for only where it is there. */
const NOT_THERE = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/platform-express',
  '@fastify/multipart',
  '@fastify/view',
];

/**
 * What a library brings for checks that no field has: of telephone numbers, all plans of the world, a tenth of what the
 * tool would read at its start.
 */
const NOT_ASKED_FOR = { 'libphonenumber-js/max': './scripts/nothing.js' };

/** CommonJS modules of the bundle ask for others by what an ES module does not have. */
const COMMON_JS = `
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
`;

const { metafile } = await build({
  entryPoints: {
    main: join(MODULES, 'main.js'),
    ledger: join(MODULES, 'cli/main.js'),
    ...Object.fromEntries(threads.map((file) => [nameOf(file), file])),
  },
  // Side by side: a thread is started by the name of its file.
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: [...READ_IN_PLACE, ...NOT_THERE],
  alias: NOT_ASKED_FOR,
  banner: { js: COMMON_JS },
  sourcemap: 'linked',
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
});

// Parts are named by what is in them: those of earlier builds would stay for good.
const made = new Set(Object.keys(metafile.outputs).map((file) => basename(file)));
for (const file of readdirSync(BUNDLE)) {
  if (!made.has(file)) rmSync(join(BUNDLE, file));
}

function nameOf(file) {
  return file.slice(file.lastIndexOf('/') + 1, -'.js'.length);
}
