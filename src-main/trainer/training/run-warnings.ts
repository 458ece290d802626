import { dataChange, dataChangeWords } from '../../../src-shared/data/data-change.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { NUMERICS_VERSION } from '../../../src-shared/training/run/numerics.ts';
import { engineTitles } from '../../../src-shared/training/run/run.ts';
import type { EngineUse } from '../../../src-shared/training/run/run.ts';
import { specDifferences } from '../../data/features/apply-spec.ts';
import type { PreparedDataset } from '../../data/rows/dataset.ts';
import type { Engine } from '../../engines/interface/engine.ts';
import { stepsOf } from './step-rates.ts';
import type { TrainJob } from '../../training-protocol/protocol.ts';

/** Differences of preparation that a warning lists. */
const MOST_DIFFERENCES = 5;

/** What a person should know before a run trains. */
export function runWarnings(job: TrainJob, data: PreparedDataset, engine: Engine, use: EngineUse): string[] {
  return [
    ...differences(job, data, engine, use),
    ...otherInputs(job, data),
    ...neverUpdates(job.configuration, data.rows.train),
  ];
}

/** Differences from the run that is resumed or repeated. */
function differences(
  { earlier, dataset }: TrainJob,
  data: PreparedDataset,
  engine: Engine,
  { insteadOf }: EngineUse,
): string[] {
  const found: string[] = [];
  if (insteadOf !== undefined) {
    const bits = earlier?.purpose === 'repeated' ? 'cannot be the same bits' : 'may differ in their last digits';
    found.push(
      `This trains on ${engineTitles[engine.name]}, not on ${engineTitles[insteadOf.name]} like the earlier run, so the numbers ${bits}. ${insteadOf.reason}`,
    );
  }
  if (earlier === null) return found;
  const { purpose, versions } = earlier;
  const prepared = ({ columns }: DatasetDocument): string =>
    JSON.stringify(columns.filter(({ role }) => role !== 'ignored').toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  if (prepared(earlier.dataset) !== prepared(dataset)) {
    found.push(
      `The columns' settings have changed since the run that is ${purpose}; the scaling and categories fitted for that run are still applied. To fit again, start a new run from its weights.`,
    );
  }
  const change = dataChange(
    earlier.data,
    { fingerprint: data.fingerprint, files: data.record.files, read: data },
    'train',
  );
  if (change !== null && (change.files?.length !== 0 || change.split?.same === false)) {
    const words = dataChangeWords(change).join(' ');
    found.push(`The data has changed since the run that is ${purpose}; the curve may differ. ${words}`);
  }
  // A run that ended before its engine was selected recorded neither engine nor numerics.
  if (!Object.keys(engineTitles).some((name) => versions[name] !== undefined)) return found;
  // Absent in runs of older versions: version 1 at the latest.
  const { numerics = '1' } = versions;
  if (numerics !== String(NUMERICS_VERSION)) {
    found.push(
      `The run that is ${purpose} was computed with numerics version ${numerics}, this one with version ${NUMERICS_VERSION}; the bits of the numbers may differ.`,
    );
  }
  const before = versions[engine.name];
  if (insteadOf === undefined && before !== engine.version) {
    const what = before === undefined ? 'another engine' : `${engine.name} ${before}`;
    found.push(
      `The run that is ${purpose} used ${what}, this one ${engine.name} ${engine.version}; last digits may differ.`,
    );
  }
  return found;
}

/** Warns if the first weights were trained with another feature spec: a new run fits its own. */
function otherInputs({ weightsSpec }: TrainJob, { spec }: PreparedDataset): string[] {
  const found = weightsSpec === null ? [] : specDifferences(weightsSpec, spec);
  if (found.length === 0) return [];
  const more = found.length > MOST_DIFFERENCES ? `; ${found.length - MOST_DIFFERENCES} more` : '';
  return [
    `The first weights were trained on data that was prepared differently: ${found.slice(0, MOST_DIFFERENCES).join('; ')}${more}. The first epochs adapt them. To keep the same preparation, resume that run.`,
  ];
}

/** Warns if gradients accumulate over more steps than the run has: no weight would be updated. */
function neverUpdates(configuration: TrainingConfiguration, rows: number): string[] {
  const count = configuration.optimizer.gradientAccumulationSteps ?? 1;
  const steps = stepsOf(rows, configuration);
  if (steps >= count) return [];
  return [
    `No weight will be trained: gradients accumulate over ${count} steps before each update, and the whole run has ${steps}. Accumulate over fewer steps, set a smaller batch size, or train for more epochs.`,
  ];
}
