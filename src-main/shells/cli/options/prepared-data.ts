import { resolve } from 'node:path';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { adoptSource } from '../../../../src-shared/data/adopt-source.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import { text } from './arguments.ts';
import type { OptionValues } from './command.ts';
import { replacedSource, requireTable } from './table-options.ts';

/**
 * The project's data set, with another source if one is given, and the features that models of it receive.
 * @param values Options of the command: `source`, and how a table is read.
 */
export async function preparedData(
  { folder, dataset }: ProjectSnapshot,
  values: OptionValues,
  options: JobOptions,
): Promise<{ dataset: ProjectSnapshot['dataset']; features: FeatureSpec }> {
  requireTable(values);
  const source = text(values, 'source');
  const processes = new DataProcesses();
  try {
    const detect = async (path: string): Promise<ProjectSnapshot['dataset']> => {
      const absolute = resolve(path);
      const call = { path: absolute, replaced: replacedSource(dataset, absolute, values), projectFolder: folder };
      return adoptSource(dataset, await processes.call('detect', call, options)).document;
    };
    const document = source === undefined ? dataset : await detect(source);
    const { spec } = await processes.call('prepare', { document, projectFolder: folder }, options);
    return { dataset: document, features: spec };
  } finally {
    await processes.close();
  }
}
