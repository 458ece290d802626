import { analyze } from '../../src-shared/compiler/analyze.ts';
import type { ModelFeatures } from '../../src-shared/compiler/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { OutputConfiguration, TrainingConfiguration } from '../../src-shared/training/configuration.ts';
import { withOutput } from '../training/output-goals.ts';

type Outputs = Readonly<Record<string, OutputConfiguration>>;

/** Loss and metrics chosen from the target. */
const FROM_TARGET: OutputConfiguration = { loss: 'auto', metrics: [] };

/**
 * The goals of a new model: the template's own, and those of the settings that fit. Where loss or metrics were
 * set for another kind of target, they are chosen from the target again.
 */
export function fittedGoals(
  model: ModelDocument,
  features: ModelFeatures | null,
  configuration: TrainingConfiguration,
  own: Outputs,
): TrainingConfiguration {
  const outputs = { ...configuration.outputs };
  for (const [name, goals] of Object.entries(own)) outputs[name] = { ...outputs[name], ...goals };
  const settings = { ...configuration, outputs };
  const { problems } = analyze(model, features, settings);
  const unfit = new Set(
    problems.filter(({ code }) => code === 'target/loss' || code === 'target/metric').map(({ nodeId }) => nodeId),
  );
  const nodes = model.nodes.filter(({ kind }) => kind === 'Output');
  return nodes
    .filter(({ id }) => unfit.has(id))
    .reduce(
      (fitted, { name }) => ({ ...fitted, ...withOutput(fitted, name, nodes.length > 1, FROM_TARGET) }),
      settings,
    );
}
