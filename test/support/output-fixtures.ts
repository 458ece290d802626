import type { DataArray } from '../../src-main/engines/interface/engine.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { TargetSpec } from '../../src-shared/data/prepared.ts';
import { targetColumns } from '../../src-shared/data/target-columns.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { configurationWith, numericColumns } from './documents.ts';
import { decodeFloats, readFixture } from './keras-fixtures.ts';
import type { EncodedArray } from './keras-fixtures.ts';
import type { SplitArrays } from './session-data.ts';

/** One model of outputs.json, written by make_output_fixtures.py. */
export interface OutputFixture {
  readonly name: string;
  readonly columns: readonly string[];
  readonly nodes: readonly NodeLine[];
  readonly targets: readonly (
    | { readonly kind: 'numeric'; readonly name: string }
    | { readonly kind: 'classes'; readonly name: string; readonly classes: string[] }
  )[];
  readonly weighted: boolean;
  readonly goals: Partial<Pick<TrainingConfiguration, 'loss' | 'metrics' | 'classWeights' | 'outputs'>>;
  readonly optimizer: TrainingConfiguration['optimizer'];
  readonly batchSize: number;
  readonly train: { readonly x: EncodedArray; readonly y: EncodedArray };
  readonly validation: { readonly x: EncodedArray; readonly y: EncodedArray };
  readonly weights: Readonly<Record<string, EncodedArray>>;
  /** Each epoch's value by Keras's key. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly finalWeights: Readonly<Record<string, EncodedArray>>;
  /** For the validation rows, one for each Output. */
  readonly predictions: readonly EncodedArray[];
}

/** A node and the names of its inputs. */
export interface NodeLine {
  readonly kind: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly params: Readonly<Record<string, JsonValue>>;
}

export const outputFixtures = (): OutputFixture[] => readFixture('outputs.json');

/** A document of these nodes; their ids are their names. */
export function documentOf(nodes: readonly NodeLine[]): ModelDocument {
  return {
    format: 'lamina.model',
    version: MODEL_VERSION,
    name: 'test',
    nodes: nodes.map(({ kind, name, params }, index) => ({
      id: name,
      kind,
      name,
      params: { ...params },
      position: { x: 0, y: index * 120 },
      frozen: false,
    })),
    edges: nodes.flatMap(({ name, inputs }) =>
      inputs.map((source) => ({ id: `${source}-${name}`, source, target: name })),
    ),
    blocks: [],
  };
}

export function fixtureFeatures(fixture: OutputFixture): ModelFeatures {
  const { columns, targets, weighted, train } = fixture;
  const y = decodeFloats(train.y);
  const width = train.y.shape[1]!;
  const rows = train.y.shape[0]!;
  return {
    inputShape: [columns.length],
    columns: numericColumns(columns),
    weight: weighted ? { name: 'weight' } : null,
    targets: targets.map((target, place): TargetSpec => {
      if (target.kind === 'numeric') return { ...target, offset: 0, scale: 1, standardDeviation: 1 };
      const counts = target.classes.map(() => 0);
      for (let row = 0; row < rows; row++) counts[y[row * width + place]!]!++;
      return { ...target, counts };
    }),
  };
}

export function compileOutputFixture(fixture: OutputFixture): CompiledModel {
  const configuration = configurationWith({ ...fixture.goals, optimizer: fixture.optimizer });
  const result = compileModel(documentOf(fixture.nodes), fixtureFeatures(fixture), configuration);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.model;
}

export function fixtureSplit(fixture: OutputFixture, split: 'train' | 'validation'): SplitArrays {
  const { x, y } = fixture[split];
  const { dtype } = targetColumns(fixtureFeatures(fixture));
  const targets = decodeFloats(y);
  const yTensor: DataArray =
    dtype === 'int32'
      ? { dtype, shape: y.shape, data: Int32Array.from(targets) }
      : { dtype, shape: y.shape, data: targets };
  return { x: { dtype: 'float32', shape: x.shape, data: decodeFloats(x) }, y: yTensor };
}
