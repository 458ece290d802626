import { ofVersion, type Migration } from '../../text/migrate.ts';
import { withPorts } from './port-migration.ts';
import { MODEL_VERSION } from '../schema/model-document.ts';

export const MIGRATIONS: readonly Migration[] = [
  // 2: blocks.
  (document) => ({ ...document, blocks: [] }),
  // 3: notes and groups, both optional.
  (document) => document,
  // 4: `placed` of nodes, optional.
  (document) => document,
  // 5: ports of edges; `weightsOf` of nodes and `weights`, both optional.
  withPorts,
  // 6: `training` of nodes, optional.
  (document) => document,
];

/** Converts a model document of an earlier version; returns other values unchanged. */
export const modelOfThisVersion = (value: unknown): unknown => ofVersion(value, MIGRATIONS, MODEL_VERSION);
