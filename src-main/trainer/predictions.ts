import type { OutputPlan } from '../../src-shared/compiler/graph/compiled.ts';
import type { Prediction } from '../../src-shared/contract/contract.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { decodeMargins, decodeOutput, decodeReproduction } from '../data/features/decode-target.ts';
import type { HostTensor } from '../engines/interface/engine.ts';

/**
 * What the model says of each row.
 *
 * @param tensors One an output, [rows, units].
 * @returns Of each row every target of every output.
 */
export function decodePredictions(
  outputs: readonly OutputPlan[],
  spec: Pick<FeatureSpec, 'targets'> & Partial<Pick<FeatureSpec, 'columns'>>,
  tensors: readonly HostTensor[],
): Prediction[][] {
  const rows = tensors[0]?.shape[0] ?? 0;
  const targets = outputs.map((output) => output.targets.map((place) => spec.targets[place]!));
  return Array.from({ length: rows }, (_, row) =>
    outputs.flatMap(({ name, logits, margins, reproduces }, place) => {
      const { data } = tensors[place]!;
      const width = data.length / rows;
      const values = Array.from(data.subarray(row * width, (row + 1) * width));
      if (reproduces !== null) {
        return decodeReproduction(name, reproduces, spec.columns ?? [], logits ? values.map(sigmoid) : values);
      }
      if (margins) return decodeMargins(name, targets[place]!, values);
      return decodeOutput(name, targets[place]!, logits ? probabilitiesOf(values, targets[place]!.length) : values);
    }),
  );
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Sigmoid of a logit a target, else softmax. */
function probabilitiesOf(logits: readonly number[], targets: number): number[] {
  if (logits.length === targets) return logits.map(sigmoid);
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
