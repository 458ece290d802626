import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { pairsOf, withoutPairs } from '../../src-shared/data/pairs.ts';
import type { StepName } from '../../src-shared/document/history/history.ts';
import { sameJson } from '../../src-shared/text/same-json.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';

const settingLabels: Readonly<Record<keyof TrainingConfiguration, string>> = {
  optimizer: 'Set optimizer',
  schedule: 'Set learning rate schedule',
  loss: 'Set loss',
  metrics: 'Set metrics',
  classWeights: 'Set class weights',
  outputs: 'Set loss and metrics',
  epochs: 'Set epochs',
  phases: 'Set phases',
  batchSize: 'Set batch size',
  shuffle: 'Set shuffle',
  earlyStopping: 'Set early stopping',
  best: 'Set what decides the best epoch',
  seed: 'Set seed',
  engine: 'Set engine',
  cachedVariants: 'Set variants of random images',
  cachedFeatures: 'Set whether the frozen part is computed once',
};

/** Names the undo step of an edit of the training configuration. */
export function configurationStep(patch: Partial<TrainingConfiguration>): StepName {
  const fields = Object.keys(patch) as (keyof TrainingConfiguration)[];
  const [only] = fields;
  const gesture = `configuration:${fields.join()}`;
  if (fields.length !== 1 || only === undefined) return { label: 'Set loss and metrics', gesture };
  const value = patch[only];
  return { label: settingLabels[only], gesture, ...(typeof value === 'number' ? { outcome: ` to ${value}` } : {}) };
}

/** Names the undo step of a setting that a run can apply while it trains: learning rate, patience or epochs. */
export function settingStep(before: TrainingConfiguration, after: TrainingConfiguration): StepName {
  const { learningRate } = after.optimizer;
  const step = (setting: string, value: number): StepName => ({
    label: `Set ${setting}`,
    gesture: `configuration:${setting}`,
    outcome: ` to ${value}`,
  });
  if (learningRate !== before.optimizer.learningRate) return step('learning rate', learningRate);
  const patience = after.earlyStopping?.patience;
  if (patience !== undefined && patience !== before.earlyStopping?.patience) return step('patience', patience);
  return step('epochs', after.epochs);
}

function pairsStep(before: DatasetDocument, after: DatasetDocument): StepName {
  const [old, pairs] = [pairsOf(before), pairsOf(after)];
  if (pairs === null) return { label: 'Use single pictures' };
  if (old === null) return { label: 'Use pairs of pictures' };
  if (old.perPicture === pairs.perPicture) return { label: 'Draw other pairs', gesture: 'dataset:pairs:seed' };
  return { label: 'Set pairs per picture', gesture: 'dataset:pairs:perPicture', outcome: ` to ${pairs.perPicture}` };
}

/** Names the undo step of an edit of the data set document. */
export function datasetStep(before: DatasetDocument, after: DatasetDocument): StepName {
  if (!sameJson([before.source, before.guess], [after.source, after.guess])) {
    if (
      !sameJson(pairsOf(before), pairsOf(after)) &&
      sameJson(withoutPairs(before).source, withoutPairs(after).source)
    ) {
      return pairsStep(before, after);
    }
    if (after.source.kind !== 'generated') return { label: 'Choose data' };
    return before.source.kind === 'generated'
      ? { label: 'Set generated data', gesture: 'dataset:source' }
      : { label: 'Generate data' };
  }
  if (!sameJson(before.filter ?? null, after.filter ?? null)) {
    return { label: 'Set rows used', gesture: 'dataset:filter' };
  }
  const columns = after.columns.filter((column, index) => !sameJson(column, before.columns[index]));
  const [column] = columns;
  if (column === undefined) return { label: 'Set split', gesture: 'dataset:split' };
  return columns.length === 1
    ? { label: `Set column '${column.name}'`, gesture: `dataset:column:${column.name}` }
    : { label: `Set ${columns.length} columns` };
}
