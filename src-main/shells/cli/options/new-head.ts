import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { adoptSource, chosenSource } from '../../../../src-shared/data/adopt-source.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { applyChange } from '../../../../src-shared/document/history/operations.ts';
import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { dataForModel } from '../../../../src-shared/starting-points/data-for-model.ts';
import { fitTo } from '../../../../src-shared/starting-points/fit.ts';
import { baseUpTo, headRefusal, withNewHead } from '../../../../src-shared/starting-points/templates/new-head.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';

export interface NewHead {
  readonly model: ProjectSnapshot['model'];
  readonly dataset: ProjectSnapshot['dataset'];
  readonly report: {
    readonly at: string;
    readonly frozen: number;
    readonly added: string[];
    readonly notes: readonly string[];
  };
}

interface PreparedProject extends Pick<ProjectSnapshot, 'model' | 'dataset'> {
  /** Of the data set. */
  readonly features: FeatureSpec;
}

/**
 * The model up to a layer, frozen, with a new head for the targets.
 *
 * @throws AppError 'model/no-new-head'.
 */
export function headAt({ model, dataset, features }: PreparedProject, end: ModelNode): NewHead {
  const analyzed = analyze(model, features).nodes;
  const refusal = headRefusal(model, end, analyzed);
  if (refusal !== null) throw new AppError('model/no-new-head', refusal, { layer: end.name });
  const base = baseUpTo(model, end, analyzed)!;
  const changed = applyChange(model, withNewHead(model, base, fitTo(features), randomUUID));
  const fitted = dataForModel(dataset, changed, features);
  const before = new Set(model.nodes.map(({ id }) => id));
  const added = changed.nodes.filter(({ id }) => !before.has(id)).map(({ name }) => name);
  const report = { at: end.name, frozen: base.frozen.size, added, notes: fitted.notes };
  return { model: changed, dataset: fitted.dataset, report };
}

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
