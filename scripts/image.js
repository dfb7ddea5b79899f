// Puts what the image needs to run, and nothing else, into a folder: the bundle, the files that it takes of the libraries
// outside it, and the licenses of all libraries in either.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

const [folder] = process.argv.slice(2);
const BUNDLE = 'dist/bundle';

/** The page behind /docs is read by the names of its files, which no code says. */
const READ_BY_NAME = ['package.json', BUNDLE, 'node_modules/swagger-ui-dist'];

/** Native code for another C library than the image has. */
const NOT_FOR_THE_IMAGE = ['node_modules/@kurrent/bridge-linux-*-musl/**'];

const entries = readdirSync(BUNDLE).filter((file) => file.endsWith('.js'));
const { fileList } = await nodeFileTrace(
  entries.map((file) => join(BUNDLE, file)),
  { ignore: NOT_FOR_THE_IMAGE },
);

/** As the lock file has them, and `npm ci` has put them there. */
function licenses() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev && existsSync(path))
    .flatMap(([path]) =>
      readdirSync(path)
        .filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
        .map((file) => join(path, file)),
    );
}

for (const file of new Set([...fileList, ...READ_BY_NAME, ...licenses()])) {
  cpSync(file, join(folder, file), { recursive: true });
}
