import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { KurrentDbServer, onOwnServer } from '../support/kurrentdb-server.js';
import { has } from '../support/programs.js';
import { Shop } from '../support/shop.js';
import { newFolder } from '../support/store-folder.js';
import { ServiceProcess, Tillbook } from '../support/tillbook.js';
import { runTool } from '../support/tool.js';

/** A server with a password, and services that wait for it. */
const LIMIT_MS = 300_000;

const PASSWORD = 'Sesame1234';

interface Certificates {
  /** The folder of what the server trusts, and in it the file that a client trusts. */
  readonly trusted: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority, and a node's certificate that it has signed, as docker/compose.cluster.yaml has them made. */
function newCertificates(): Certificates {
  const folder = newFolder();
  const trusted = join(folder, 'ca');
  mkdirSync(trusted);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const [authority, authorityKey] = [join(trusted, 'ca.crt'), join(folder, 'ca.key')];
  const [certificate, key] = [join(folder, 'node.crt'), join(folder, 'node.key')];
  const request = ['req', '-newkey', 'rsa:2048', '-nodes'];
  const isAuthority = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const own = ['-keyout', authorityKey, '-out', authority, '-subj', '/CN=authority'];
  openssl(...request, '-x509', ...own, '-days', '2', ...isAuthority);
  const [asked, said] = [join(folder, 'node.csr'), join(folder, 'node.ext')];
  openssl(...request, '-keyout', key, '-out', asked, '-subj', '/CN=eventstoredb-node');
  writeFileSync(
    said,
    [
      'keyUsage=critical,digitalSignature,keyEncipherment',
      'extendedKeyUsage=serverAuth,clientAuth',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
    ].join('\n'),
  );
  const by = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial'];
  openssl('x509', '-req', '-in', asked, ...by, '-out', certificate, '-days', '2', '-extfile', said);
  return { trusted, authority, certificate, key };
}

onOwnServer('EventStoreDB with certificates and a password', () => {
  if (!has('openssl')) return;

  test(
    'lets in who trusts its authority and knows the password, and nobody else',
    async () => {
      const { trusted, authority, certificate, key } = newCertificates();
      const server = await KurrentDbServer.launch({
        settings: {
          EVENTSTORE_INSECURE: 'false',
          EVENTSTORE_TRUSTED_ROOT_CERTIFICATES_PATH: trusted,
          EVENTSTORE_CERTIFICATE_FILE: certificate,
          EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE: key,
          EVENTSTORE_DEFAULT_ADMIN_PASSWORD: PASSWORD,
          EVENTSTORE_DEFAULT_OPS_PASSWORD: PASSWORD,
        },
      });
      const url = (password: string, options = `tlsCAFile=${authority}`) =>
        `kurrentdb://admin:${password}@127.0.0.1:${server.port}?${options}`;

      const ledger = await Tillbook.start({ env: { EVENT_STORE_URL: url(PASSWORD) } });
      const shop = await Shop.open(ledger);
      const { saleId, position } = await shop.sell();
      expect((await shop.void(saleId)).body).toMatchObject({ status: 'voided' });
      expect((await ledger.get(`${shop.path}/sales?after=${position}`)).status).toBe(200);

      const denied = new ServiceProcess({ env: { EVENT_STORE_URL: url('OpenBarley') } });
      expect(await denied.exit()).toBe(1);
      expect(denied.output).toContain('the server denies access to the user of EVENT_STORE_URL');
      expect(denied.output).not.toContain('OpenBarley');

      const verified = async (eventStoreUrl: string) => {
        const env = { EVENT_STORE_URL: eventStoreUrl };
        const { code, out, errors } = await runTool(newFolder(), ['verify'], env);
        return [code, out + errors];
      };
      expect(await verified(url(PASSWORD))).toEqual([0, expect.stringContaining('no faults')]);
      expect(await verified(url(PASSWORD, ''))).toEqual([
        1,
        expect.stringContaining('its certificate is not trusted'),
      ]);
    },
    LIMIT_MS,
  );
});
