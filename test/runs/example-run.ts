import { readArtifact } from '../../src-main/runs/artifacts.ts';
import type { SafetensorsContent } from '../../src-main/runs/safetensors.ts';
import type { RunStore } from '../../src-main/runs/store.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { CheckpointKind } from '../../src-shared/training/run/run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';

/** Points of two classes that the program generates itself. */
export function moons(samples = 200): DatasetDocument {
  const column = (name: string, role: 'feature' | 'target'): DatasetDocument['columns'][number] => ({
    name,
    role,
    type: role === 'target' ? 'categorical' : 'numeric',
    missing: 'drop-row',
    scaling: role === 'target' ? 'none' : 'standard',
  });
  return {
    format: 'lamina.dataset',
    version: 2,
    name: 'moons',
    source: { kind: 'generated', generator: 'moons', samples, classes: 2, noise: 0.1, seed: 3 },
    columns: [column('x', 'feature'), column('y', 'feature'), column('class', 'target')],
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: true },
  };
}

/** A small classifier of `moons`. */
export function exampleRun(configuration: Partial<NewRun['configuration']> = {}): NewRun {
  return {
    model: sequentialDocument([
      dense(16, 'relu', { name: 'hidden' }),
      { kind: 'Dropout', params: { rate: 0.1 }, name: 'dropout' },
      dense(2, 'softmax', { name: 'classes' }),
    ]),
    dataset: moons(),
    configuration: { ...defaultTrainingConfiguration, epochs: 4, batchSize: 16, ...configuration },
    versions: { lamina: '0.1.0' },
  };
}

/** The run with a larger model and many test rows, so that its test takes long enough for a kill. */
export function withLongTest(run: NewRun): NewRun {
  const dataset = moons(60_000);
  return {
    ...run,
    model: sequentialDocument([dense(256, 'relu'), dense(256, 'relu'), dense(2, 'softmax')]),
    dataset: { ...dataset, split: { ...dataset.split, train: 0.01, validation: 0.01, test: 0.98 } },
  };
}

export async function loadCheckpoint(store: RunStore, id: string, kind: CheckpointKind): Promise<SafetensorsContent> {
  return readArtifact(store.artifacts, store.requireCheckpoint(id, kind).sha256);
}
