import 'reflect-metadata';
import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  isIBAN,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  validateSync,
} from 'class-validator';
import { config as loadDotenv } from 'dotenv';
import { folderOf, isFolder, withoutPassword } from './event-store/store-url.js';
import { LEGIBLE } from './http/legible.js';
import { electronicIban } from './merchants/domain/iban.js';
import { makeFolder } from './event-store/make-folder.js';

const STORE_URL =
  /^(file:.+|(kurrentdb|esdb)(\+discover)?:\/\/([^:@/]+:[^@/]+@)?[^/?@]+\/?(\?.*)?)$/;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const COUNT = 'a whole number from 0';

const SECONDS = 'a whole number from 1 to 86400';

const ACCOUNT = 'an IBAN, or an account number of up to 34 letters, digits and hyphens';

/** The settings of the service and of the tool, each with its default. */
export class Settings {
  @Matches(STORE_URL, {
    message: 'file:<folder>, or kurrentdb:// (esdb://) with [user:password@]host:port and options',
  })
  EVENT_STORE_URL = 'file:./data';

  @MinLength(1, { message: 'a folder' })
  VIEWS_DIR = './data';

  @MinLength(1, { message: 'an address or a host name' })
  HOST = '127.0.0.1';

  @IsInt({ message: 'a whole number from 0 to 65535' })
  @Min(0, { message: 'a whole number from 0 to 65535' })
  @Max(65_535, { message: 'a whole number from 0 to 65535' })
  PORT = 3_000;

  @IsIn(['off', 'keys'], { message: 'off or keys' })
  AUTH: 'off' | 'keys' = 'off';

  @IsIn(['on', 'off'], { message: 'on or off' })
  SANDBOX: 'on' | 'off' = 'off';

  @IsIn(LOG_LEVELS, { message: `one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /** The key that signs the trail; in the data folder, and made at the first start, where it is not set. */
  @IsString({ message: 'a file' })
  AUDIT_KEY_FILE = '';

  /** With which the tool asks a running service. */
  @IsString({ message: 'a key' })
  LEDGER_KEY = '';

  /** Requests of one key in a minute, on one node; 0 for any number. */
  @IsInt({ message: COUNT })
  @Min(0, { message: COUNT })
  REQUESTS_PER_KEY = 60_000;

  /** Refused attempts in a minute on one sale, and from one terminal, before the next are sent away; 0 for any number. */
  @IsInt({ message: COUNT })
  @Min(0, { message: COUNT })
  REFUSED_PER_SALE = 20;

  @IsInt({ message: COUNT })
  @Min(0, { message: COUNT })
  REFUSED_PER_TERMINAL = 200;

  /** How long headers, and then a body, may take to arrive, and lines may stand still. */
  @IsInt({ message: SECONDS })
  @Min(1, { message: SECONDS })
  @Max(86_400, { message: SECONDS })
  REQUEST_TIMEOUT_SECONDS = 30;

  /** Who pays merchants, as payout files name it to the bank. */
  @MaxLength(140, { message: 'up to 140 characters' })
  @Matches(LEGIBLE, { message: 'a name without control characters' })
  PAYER_NAME = '';

  /** The account that payouts are paid from. */
  @Matches(/^[A-Za-z0-9-]{0,34}$/, { message: ACCOUNT })
  PAYER_ACCOUNT = '';

  @Matches(/^([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?)?$/, { message: 'a BIC' })
  PAYER_BIC = '';
}

/** Settings that can't be. The message has a line for each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * The settings in an environment; what is not set has its default.
 * @throws SettingsError naming each bad one, its value and what is allowed
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const settings = new Settings();
  const texts: Record<string, string> = {};
  for (const name of Object.keys(settings)) {
    const text = environment[name];
    if (text !== undefined && text !== '') texts[name] = text;
  }
  for (const [name, text] of Object.entries(texts)) {
    const isNumber = typeof settings[name as keyof Settings] === 'number';
    Object.assign(settings, { [name]: isNumber ? wholeNumber(text) : text });
  }
  settings.PAYER_ACCOUNT = asKept(settings.PAYER_ACCOUNT);
  if (texts['AUTH'] === undefined && !isLoopback(settings.HOST)) settings.AUTH = 'keys';
  const faults = validateSync(settings).map(({ property, constraints }) => {
    const allowed = Object.values(constraints ?? {})[0] ?? '';
    return fault(property, texts[property] ?? '', allowed);
  });
  faults.push(...combinations(settings, environment));
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
  return settings;
}

/** NaN for what is not written in digits alone. */
function wholeNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

/** What is right in itself and wrong together. */
function combinations(settings: Settings, environment: NodeJS.ProcessEnv): string[] {
  const faults: string[] = [];
  if (settings.SANDBOX === 'on' && environment['NODE_ENV'] === 'production') {
    faults.push(fault('SANDBOX', 'on', 'off, since NODE_ENV is production'));
  }
  if (settings.AUTH === 'off' && !isLoopback(settings.HOST)) {
    const allowed = `keys, since HOST is ${settings.HOST}: anyone who reaches the service may use it`;
    faults.push(fault('AUTH', 'off', allowed));
  }
  for (const { name, value, folder } of foldersIn(settings)) {
    if (isNoFolder(folder)) faults.push(fault(name, value, 'a folder, or one to be made'));
  }
  const { PAYER_NAME: name, PAYER_ACCOUNT: account } = settings;
  if (LOOKS_LIKE_IBAN.test(electronicIban(account)) && !isIBAN(account)) {
    faults.push(
      fault('PAYER_ACCOUNT', account, `${ACCOUNT}; as an IBAN it has wrong check digits`),
    );
  }
  if ((name === '') !== (account === '')) {
    const [missing, given] = name === '' ? [PAYER[0], PAYER[1]] : [PAYER[1], PAYER[0]];
    faults.push(fault(missing, '', `what payout files name, since ${given} is set`));
  }
  return faults;
}

/** An IBAN in whatever spelling as files have it; a bank's own number as it is. */
function asKept(account: string): string {
  return isIBAN(account) ? electronicIban(account) : account;
}

/** The folders of the settings, and which of them names each. */
function foldersIn({ EVENT_STORE_URL: url, VIEWS_DIR: viewsDir }: Settings) {
  const views = { name: 'VIEWS_DIR', value: viewsDir, folder: viewsDir };
  if (!isFolder(url)) return [views];
  return [{ name: 'EVENT_STORE_URL', value: url, folder: folderOf(url) }, views];
}

/**
 * Makes the folders that a service writes to, where they are missing.
 * @throws SettingsError naming each that can't be made, or written to
 */
export function makeFolders(settings: Settings): void {
  const faults: string[] = [];
  for (const { name, value, folder } of foldersIn(settings)) {
    try {
      makeFolder(folder);
      accessSync(folder, constants.W_OK);
    } catch (error) {
      const why = (error as Error).message;
      faults.push(fault(name, value, `a folder that can be written to, or made (${why})`));
    }
  }
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
}

/** Whether a file is in the way. */
function isNoFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

const PAYER = ['PAYER_NAME', 'PAYER_ACCOUNT'] as const;

const LOOKS_LIKE_IBAN = /^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,}$/;

/** Whether a host, by its name or its address, is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function fault(name: string, value: string, allowed: string): string {
  return `${name} is '${withoutPassword(value)}'; allowed: ${allowed}`;
}

/** The settings of this process: from `.env` in the working directory and from the environment, which wins. */
export function settingsOfProcess(): Settings {
  loadDotenv({ quiet: true });
  return readSettings(process.env);
}
