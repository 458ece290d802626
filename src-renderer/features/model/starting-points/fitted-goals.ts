import { isOutput } from '../../../../src-shared/document/schema/ends.ts';
import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type {
  OutputConfiguration,
  TrainingConfiguration,
} from '../../../../src-shared/training/configuration/configuration.ts';
import { templates } from '../../../../src-shared/starting-points/templates/catalog.ts';
import { withOutput } from '../../../terms/output-goals.ts';

type Outputs = Readonly<Record<string, OutputConfiguration>>;

/** Loss and metrics chosen from the target. */
const FROM_TARGET: OutputConfiguration = { loss: 'auto', metrics: [] };

/**
 * The goals of a new model: the template's own, and those of the settings that fit. Where loss or metrics were
 * set for another kind of target, they are chosen from the target again. What earlier templates set for Outputs
 * that are gone goes with them; what a person set stays.
 */
export function fittedGoals(
  model: ModelDocument,
  features: ModelFeatures | null,
  configuration: TrainingConfiguration,
  own: Outputs,
): TrainingConfiguration {
  const nodes = model.nodes.filter(isOutput);
  const outputs = withoutLeft(
    configuration.outputs,
    nodes.map(({ name }) => name),
  );
  for (const [name, goals] of Object.entries(own)) outputs[name] = { ...outputs[name], ...goals };
  const settings = { ...configuration, outputs };
  const { problems } = analyze(model, features, settings);
  const unfit = new Set(
    problems.filter(({ code }) => code === 'target/loss' || code === 'target/metric').map(({ nodeId }) => nodeId),
  );
  return nodes
    .filter(({ id }) => unfit.has(id))
    .reduce(
      (fitted, { name }) => ({ ...fitted, ...withOutput(fitted, name, nodes.length > 1, FROM_TARGET) }),
      settings,
    );
}

/** Settings without those of Outputs that are gone which no person made: a template's, or none but the usual. */
function withoutLeft(outputs: Outputs, names: readonly string[]): Record<string, OutputConfiguration> {
  const isMade = (name: string, settings: OutputConfiguration): boolean => {
    const own = templates.flatMap((template) => ('goals' in template ? (template.goals?.[name] ?? []) : []));
    return [FROM_TARGET, ...own].some((made) => settingsText(made) === settingsText(settings));
  };
  return Object.fromEntries(
    Object.entries(outputs).filter(([name, settings]) => names.includes(name) || !isMade(name, settings)),
  );
}

/** A template's goals may have been chosen from the target again. */
function settingsText({ lossWeight, classWeights, loss = 'auto', metrics = [] }: OutputConfiguration): string {
  return JSON.stringify([lossWeight, classWeights, loss, metrics]);
}
