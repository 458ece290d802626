import { resolve } from 'node:path';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { adoptSource, chosenSource } from '../../../../src-shared/data/adopt-source.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';

/** The project's data set, with another source if one is given, and the features that models of it receive. */
export async function preparedData(
  { folder, dataset }: ProjectSnapshot,
  source: string | undefined,
  options: JobOptions,
): Promise<{ dataset: ProjectSnapshot['dataset']; features: FeatureSpec }> {
  const processes = new DataProcesses();
  try {
    const detect = async (path: string): Promise<ProjectSnapshot['dataset']> => {
      const call = { path: resolve(path), replaced: chosenSource(dataset), projectFolder: folder };
      return adoptSource(dataset, await processes.call('detect', call, options)).document;
    };
    const document = source === undefined ? dataset : await detect(source);
    const { spec } = await processes.call('prepare', { document, projectFolder: folder }, options);
    return { dataset: document, features: spec };
  } finally {
    await processes.close();
  }
}
