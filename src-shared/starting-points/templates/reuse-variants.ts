import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import type { DatasetDocument } from '../../data/dataset-document.ts';
import { analyze } from '../../diagnostics/analyze.ts';
import { setFrozen, setParameter } from '../../document/edits/edits.ts';
import { applyChange } from '../../document/history/operations.ts';
import type { Change } from '../../document/history/operations.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { AppError } from '../../errors/app-error.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';
import { dataForModel } from '../data-for-model.ts';
import { fitTo } from '../fit.ts';
import { baseUpTo, headRefusal, withNewHead } from './new-head.ts';

/** Ids of frozen layers with weights, in topological order. @param analyzed Of the document. */
export function frozenLayers({ nodes }: ModelDocument, analyzed: ModelAnalysis['nodes']): string[] {
  const frozen = new Set(nodes.filter((node) => node.frozen).map(({ id }) => id));
  return [...analyzed.values()]
    .filter(({ nodeId, parameters }) => frozen.has(nodeId) && parameters > 0)
    .map(({ nodeId }) => nodeId);
}

/**
 * A model of which the last frozen layers train.
 *
 * @param frozen Ids of its frozen layers, in topological order.
 * @param count How many of them train; at most all.
 * @param multiplier Their factor of the learning rate.
 */
export function withLastTrained(
  model: ModelDocument,
  frozen: readonly string[],
  count: number,
  multiplier: number,
): ModelDocument {
  if (count === 0) return model;
  const last = frozen.slice(-count);
  const perform = (document: ModelDocument, change: Change | null): ModelDocument =>
    change === null ? document : applyChange(document, change);
  const unfrozen = perform(model, setFrozen(model, last, false));
  return perform(unfrozen, setParameter(unfrozen, last, 'learningRateMultiplier', multiplier));
}

/** A model and its data. */
export interface PreparedModel {
  readonly model: ModelDocument;
  readonly dataset: DatasetDocument;
  /** Of the data set. */
  readonly features: ModelFeatures;
}

export interface NewHead extends Omit<PreparedModel, 'features'> {
  readonly report: {
    /** Name of the last kept layer. */
    readonly at: string;
    /** Number of frozen layers. */
    readonly frozen: number;
    /** Names of the layers of the head. */
    readonly added: readonly string[];
    /** What was changed of the data, as sentences. */
    readonly notes: readonly string[];
  };
}

/**
 * The model up to a layer, frozen, with a new head for the targets.
 *
 * @throws AppError 'model/no-new-head'.
 */
export function headAt({ model, dataset, features }: PreparedModel, end: ModelNode, createId: () => string): NewHead {
  const analyzed = analyze(model, features).nodes;
  const refusal = headRefusal(model, end, analyzed);
  if (refusal !== null) throw new AppError('model/no-new-head', refusal, { layer: end.name });
  const base = baseUpTo(model, end, analyzed)!;
  const changed = applyChange(model, withNewHead(model, base, fitTo(features), createId));
  const fitted = dataForModel(dataset, changed, features);
  const before = new Set(model.nodes.map(({ id }) => id));
  const added = changed.nodes.filter(({ id }) => !before.has(id)).map(({ name }) => name);
  const report = { at: end.name, frozen: base.frozen.size, added, notes: fitted.notes };
  return { model: changed, dataset: fitted.dataset, report };
}

/** Factor of the learning rate of unfrozen layers: Adam's default rate becomes one that leaves trained layers intact. */
export const USUAL_MULTIPLIER = 0.01;

/**
 * Phases that freeze other layers than the model would replace what each variant freezes.
 *
 * @throws AppError 'training/phases-freeze'.
 */
export function requireNoPhaseFreezing({ phases = [] }: TrainingConfiguration): void {
  const index = phases.findIndex(({ frozen = 'model' }) => frozen !== 'model');
  if (index < 0) return;
  throw new AppError(
    'training/phases-freeze',
    `Expected a training that leaves freezing to the variants; phase ${index + 1} freezes layers itself. Remove the phases, or let them freeze what the model freezes.`,
    { phase: index + 1 },
  );
}

export interface ReuseChoice {
  /** The last kept layers; none: the model as it is. */
  readonly cuts: readonly ModelNode[];
  /** How many of the last kept layers with weights train with the head. */
  readonly trained: readonly (number | 'all')[];
  /** Their factor of the learning rate. */
  readonly multiplier: number;
}

export interface ReuseVariant extends Omit<PreparedModel, 'features'> {
  readonly name: string;
  /** Name of the last kept layer; null: the model as it is. */
  readonly cut: string | null;
  /** Number of kept layers that train. */
  readonly trained: number;
}

/**
 * The models of a sweep over cuts and freezes, in the order of the cuts.
 *
 * @throws AppError 'model/no-new-head' of a cut; 'training/too-many-trained' if more layers are to train than are kept.
 */
export function reuseVariants(
  project: PreparedModel,
  { cuts, trained, multiplier }: ReuseChoice,
  createId: () => string,
): ReuseVariant[] {
  const kept = cuts.map((end) => ({ cut: end.name as string | null, ...headAt(project, end, createId) }));
  const parts = kept.length > 0 ? kept : [{ cut: null, model: project.model, dataset: project.dataset }];
  return parts.flatMap(({ cut, model, dataset }) => {
    const frozen = frozenLayers(model, analyze(model, project.features).nodes);
    const counts = new Set(trained.map((count) => (count === 'all' ? frozen.length : count)));
    return [...counts].map((count): ReuseVariant => {
      if (count > frozen.length) {
        const where = cut === null ? '' : ` up to '${cut}'`;
        const remedy = frozen.length === 0 ? ' Freeze layers, or choose the last layer to keep.' : '';
        throw new AppError(
          'training/too-many-trained',
          `The last ${count} layers cannot train: expected at most ${frozen.length}, the frozen layers with weights${where}.${remedy}`,
          { cut, count, frozen: frozen.length },
        );
      }
      const trains =
        count === 0 ? 'head alone' : count === frozen.length ? 'all layers trained' : `last ${count} trained`;
      const name = cut === null ? (frozen.length === 0 ? 'as it is' : trains) : `up to ${cut}, ${trains}`;
      return { name, cut, trained: count, dataset, model: withLastTrained(model, frozen, count, multiplier) };
    });
  });
}
