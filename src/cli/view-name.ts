import { InvalidArgumentError } from 'commander';
import { ALL_PROJECTIONS } from '../projections/all-projections.js';

/** The name of a read model as an argument. @throws InvalidArgumentError naming all that there are */
export function viewName(name: string): string {
  const known = ALL_PROJECTIONS.map((projection) => projection.name);
  if (known.includes(name)) return name;
  throw new InvalidArgumentError(`one of ${known.join(', ')}`);
}
