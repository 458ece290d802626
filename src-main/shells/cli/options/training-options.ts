import { resolve } from 'node:path';
import { requestCancelled } from '../../../../src-shared/contract/cancelled.ts';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { adoptSource, type AdoptedSource } from '../../../../src-shared/data/adopt-source.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { parseJson } from '../../../../src-shared/text/parse-json.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { Setting } from '../../../core/training/settings.ts';
import type { TrainingReport } from '../terminal/training-report.ts';
import { choice, texts, wholeNumber } from './arguments.ts';
import type { CommandOption, OptionValues } from './command.ts';
import { untilStopped } from './stop-signal.ts';
import { replacedSource, tableOptions } from './table-options.ts';

const MAX_COUNT = 1_000_000;
const MAX_SEED = 0xffffffff;

/** Options of commands that train runs. */
export const trainingOptions = {
  source: { type: 'string', placeholder: 'PATH', help: 'Another data file or folder, for this run only.' },
  ...tableOptions,
  epochs: { type: 'string', placeholder: 'N', help: "Epochs to train; the project's number by default." },
  'batch-size': { type: 'string', placeholder: 'N', help: "Rows in a batch; the project's number by default." },
  seed: { type: 'string', placeholder: 'N', help: 'The key of all randomness: the same seed gives the same run.' },
  engine: { type: 'string', placeholder: 'NAME', help: 'tensorflow or onnx; the preferred one by default.' },
  set: {
    type: 'string',
    multiple: true,
    placeholder: 'NAME=VALUE',
    help: 'A setting of the training, for this run only; the value is text or JSON, null where it is to be absent. Can be repeated.',
  },
  now: { type: 'boolean', help: 'Do not wait while other runs train.' },
  json: { type: 'boolean', help: 'One JSON object a line: other data, every warning and epoch, and one at the end.' },
} as const satisfies Record<string, CommandOption>;

/** @throws AppError 'cli/bad-arguments'. */
export function configurationOverrides(options: OptionValues): Partial<ProjectSnapshot['configuration']> {
  const epochs = wholeNumber(options, 'epochs', 1, MAX_COUNT);
  const batchSize = wholeNumber(options, 'batch-size', 1, MAX_COUNT);
  const seed = wholeNumber(options, 'seed', 0, MAX_SEED);
  const engine = choice(options, 'engine', ['tensorflow', 'onnx'] as const);
  return {
    ...(epochs !== undefined && { epochs }),
    ...(batchSize !== undefined && { batchSize }),
    ...(seed !== undefined && { seed }),
    ...(engine !== undefined && { engine }),
  };
}

/** @throws AppError 'cli/bad-arguments' if one has no name or no value. */
export function settingsOf(options: OptionValues): Setting[] {
  return texts(options, 'set').map((text) => {
    const [, path, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (path !== undefined && value !== undefined) return { path, value: jsonOrText(value) };
    throw new AppError(
      'cli/bad-arguments',
      `--set expects NAME=VALUE, for instance earlyStopping.patience=5; received '${text}'.`,
    );
  });
}

function jsonOrText(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/**
 * The project's data set with other data, which is reported.
 *
 * @param options May say how a text table is read.
 * @returns The exit status of a signal that ended it.
 * @throws AppError 'dataset/…'.
 */
export async function otherData(
  { folder, dataset }: ProjectSnapshot,
  path: string,
  options: OptionValues,
  report: TrainingReport,
): Promise<AdoptedSource | number> {
  const absolute = resolve(path);
  const replaced = replacedSource(dataset, absolute, options);
  const processes = new DataProcesses();
  const detect = async (signal: AbortSignal): Promise<AdoptedSource> => {
    const call = { path: absolute, replaced, projectFolder: folder };
    const adopted = adoptSource(
      dataset,
      await processes.call('detect', call, { signal, onProgress: (progress) => report.prepares(progress) }),
    );
    report.adopts(adopted);
    return adopted;
  };
  try {
    return await untilStopped<AdoptedSource | number>(detect, (status) => {
      report.failed(requestCancelled('train'));
      return status;
    });
  } finally {
    await processes.close();
  }
}
