import { Command, InvalidArgumentError } from 'commander';
import { settingsOfProcess } from '../config.js';
import { type SkipAnswer, SkipBody } from '../projections/projections.dto.js';
import { parsePosition, type Position } from '../event-store/event-store.js';
import { checked } from './checked.js';
import { runningService } from './service.js';
import { print } from './standard-output.js';
import { OPERATOR, requireLog, withLedger } from './tool.js';
import { viewName } from './view-name.js';

interface SkipOptions {
  readonly reason: string;
  readonly operator?: string;
  readonly json?: boolean;
}

type Decided = Pick<SkipAnswer, 'projection' | 'eventType' | 'position'>;

export function skipCommand(): Command {
  return new Command('skip')
    .description('lets a stopped read model leave out the event that it stopped at, for the record')
    .argument('<name>', 'of the read model', viewName)
    .argument('<position>', 'where it has stopped', positionGiven)
    .requiredOption('--reason <text>', 'why')
    .option('--operator <id>', 'who decides it')
    .option('--json', 'print the decision as JSON')
    .action(async (name: string, position: string, { json, ...why }: SkipOptions) => {
      const decided = await skip(name, position, why);
      const text = `${name} leaves out ${decided.eventType} at position ${position}; recorded at position ${decided.position}`;
      print(json ? JSON.stringify(decided) : text);
    });
}

/** @throws InvalidArgumentError */
function positionGiven(text: string): Position {
  const position = parsePosition(text);
  if (position !== undefined) return position;
  throw new InvalidArgumentError('a position: up to 20 digits');
}

async function skip(
  name: string,
  position: string,
  { reason, operator }: Omit<SkipOptions, 'json'>,
): Promise<Decided> {
  const decision = checked(SkipBody, {
    position,
    reason,
    ...(operator !== undefined && { operatorId: operator }),
  });
  const settings = settingsOfProcess();
  const service = runningService(settings);
  if (service) {
    const path = `/v1/projections/${encodeURIComponent(name)}/skips`;
    return service.send<SkipAnswer>('POST', path, decision);
  }
  await requireLog(settings);
  return withLedger(async (tool) => {
    const { ledger, views } = tool;
    await tool.catchUp().catch(() => undefined);
    const outcome = await ledger.skips.skip({ name, ...decision }, OPERATOR);
    if (outcome === 'unknown-projection') throw new Error(`there is no view ${name}`);
    if (outcome === 'not-stopped-there') {
      const stop = views.state().find((view) => view.name === name)?.stoppedBy;
      throw new Error(`view ${name} has not stopped there: ${stop ?? 'it follows the log'}`);
    }
    return { ...outcome.skipped, position: outcome.position };
  }, settings);
}
