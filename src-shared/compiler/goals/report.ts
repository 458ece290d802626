import { statisticsOf } from '../../data/feature-tensors.ts';
import { targetColumns } from '../../data/target-columns.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { elementCount } from '../../program/language/shape.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import type { MonitoredMetric } from '../../training/callbacks/monitor.ts';
import type { LossSettings } from '../../training/configuration/losses.ts';
import type { MetricSettings } from '../../training/configuration/metrics.ts';
import type { MetricPlan } from '../graph/compiled.ts';
import { readGraph } from '../graph/graph.ts';
import { emitInputPart, readInputs } from '../graph/inputs.ts';
import type { ModelFeatures } from '../graph/inputs.ts';
import { outputSettings } from '../graph/output-settings.ts';
import type { Goals } from '../graph/output-settings.ts';
import { readOutputs } from '../graph/outputs.ts';
import type { OutputTargets } from '../graph/outputs.ts';
import { classWeightsOf } from './class-weights.ts';
import { emitLoss, resolveLoss } from './losses/emit.ts';
import { logitsOf } from './losses/targets.ts';
import { vectors } from './metrics/metric.ts';
import { emitMetric, planMetrics, resolveMetrics } from './metrics/plan.ts';

/** An Output with its loss and metrics. */
export interface ReportedOutput extends OutputTargets {
  /** Number of values per example. */
  readonly units: number;
  readonly loss: LossSettings;
  /** Factor of its loss in the total loss. */
  readonly lossWeight: number;
  readonly metrics: readonly MetricSettings[];
  /** By class, used in training; null: all classes have weight 1. */
  readonly classWeights: readonly number[] | null;
}

export function reportedOutput(output: OutputTargets, units: number, goals: Goals): ReportedOutput {
  const { aim, node } = output;
  const { loss, lossWeight, metrics, classWeights } = outputSettings(goals, node.name);
  const resolved = resolveLoss(loss, aim, units);
  return {
    ...output,
    units,
    loss: resolved,
    lossWeight,
    metrics: resolveMetrics(metrics, aim, resolved, units),
    classWeights: aim.kind === 'classes' ? classWeightsOf(aim.target, classWeights) : null,
  };
}

/**
 * Entries of the report after the loss, with Keras's keys. One output: its metrics. Several
 * outputs: the loss of each, then the metrics of each, prefixed with the output's name.
 */
export function planReport(outputs: readonly ReportedOutput[]): MetricPlan[] {
  const plans: MetricPlan[] = [];
  const taken = new Set(['loss']);
  const add = (plan: MetricPlan): void => {
    let { name } = plan;
    for (let number = 1; taken.has(name); number++) name = `${plan.name}_${number}`;
    taken.add(name);
    const offset = plans.reduce((sum, { length }) => sum + length, 1);
    plans.push({ ...plan, name, offset });
  };
  const several = outputs.length > 1;
  if (several) for (const { node } of outputs) add(lossPlan(`${node.name}_loss`));
  for (const { node, metrics, units } of outputs) {
    for (const plan of planMetrics(metrics, units))
      add(several ? { ...plan, name: `${node.name}_${plan.name}` } : plan);
  }
  return plans;
}

/**
 * Metrics that a model reports for each split, before it is compiled; the loss is not among them.
 *
 * @param shapeOf Shape of an Output; null: not known, which changes no name.
 */
export function reportedMetrics(
  document: ModelDocument,
  features: ModelFeatures,
  shapeOf: (nodeId: string) => Shape | null,
  goals: Goals,
): MonitoredMetric[] {
  const graph = readGraph(document);
  const { outputs } = readOutputs(graph, readInputs(graph, features).parts, features);
  return planReport(
    outputs.map((output) => reportedOutput(output, elementCount(shapeOf(output.node.id) ?? [1]), goals)),
  );
}

/** The mean loss over all examples. */
function lossPlan(name: string): MetricPlan {
  return {
    name,
    direction: 'min',
    offset: 0,
    length: 2,
    finalize: ([sum = Number.NaN, count = Number.NaN]) => sum / count,
  };
}

/** Values of a forward pass. */
export interface Forwarded {
  readonly builder: ProgramBuilder;
  /** Examples by input of the program, float32 [N, …]. */
  readonly tensors: ReadonlyMap<string, ValueId>;
  /** One per output: float32 [N, units], or [N, height, width, channels] if it reproduces images. */
  readonly predictions: readonly ValueId[];
  /** One per output: bool [N]; null: all examples count. */
  readonly masks: readonly (ValueId | null)[];
  /** Regularization losses, scalars. */
  readonly penalties: readonly ValueId[];
}

/**
 * Emits loss and metrics as the output `report`, in the order of `planReport`.
 *
 * The loss is Σ over outputs of lossWeight · Σ weight · loss / N, plus the penalties. The weight
 * of an example is its sample weight (a column of the data set) times, in training, the weight of
 * its class; metrics ignore both. Source: Keras 3 `Model.fit(sample_weight=…, class_weight=…)`.
 * If a prediction has a mask, loss and metrics exclude masked examples (`apply_mask`).
 *
 * @returns The batch's loss, a scalar.
 */
export function emitReport(
  { builder, tensors, predictions, masks, penalties }: Forwarded,
  features: ModelFeatures,
  outputs: readonly ReportedOutput[],
  training: boolean,
): ValueId {
  const columns = targetColumns(features);
  const y = builder.input('y', columns.dtype, [null, columns.count]);
  const count = builder.within('loss', () => builder.dimSize(y, 0));
  const losses: ValueId[] = [];
  const sums: ValueId[] = [];
  const metrics: ValueId[] = [];
  const several = outputs.length > 1;
  outputs.forEach((output, index) => {
    const prediction = flatValues(builder, predictions[index]!);
    const truth = (): ValueId => {
      const { aim } = output;
      return aim.kind === 'input'
        ? flatValues(builder, emitInputPart(builder, tensors, aim.input))
        : targetsOf(builder, y, output);
    };
    const own = several ? `/${output.node.name}` : '';
    const mask = masks[index] ?? null;
    const counted = mask === null ? null : builder.cast(mask, 'float32');
    builder.within(`loss${own}`, () => {
      const examples = emitLoss(builder, output.loss, prediction, truth());
      const unmasked = exampleWeights(builder, y, output, columns.weight, training);
      const weights = counted === null ? unmasked : maskedWeights(builder, unmasked, counted, count);
      const sum = builder.reduceSum(weights === null ? examples : builder.multiply(examples, weights), [0]);
      if (several) sums.push(...vectors(builder, [sum, count]));
      const mean = builder.divide(sum, count);
      losses.push(output.lossWeight === 1 ? mean : builder.multiply(mean, builder.scalar(output.lossWeight)));
    });
    const targetMeans = targetMeansOf(output, features);
    for (const metric of output.metrics) {
      builder.within(`metrics${own}/${metric.name}`, () => {
        metrics.push(...emitMetric(builder, metric, prediction, truth(), { count, counted, targetMeans }));
      });
    }
  });
  const [first, ...more] = [...losses, ...penalties];
  const loss = builder.within('loss', () => more.reduce((sum, part) => builder.add(sum, part), first!));
  builder.within('report', () => {
    builder.output('report', builder.concat([builder.reshape(loss, [1]), ...sums, ...metrics], 0));
  });
  return loss;
}

/** Means of an Output's prepared targets over the training rows; 0 for classes, whose values are 0 and 1. */
function targetMeansOf({ aim, units }: ReportedOutput, features: ModelFeatures): number[] {
  if (aim.kind === 'numbers') {
    return aim.targets.map(({ mean, offset, scale }) => (mean === undefined ? 0 : (mean - offset) / scale));
  }
  const means = aim.kind === 'input' ? (statisticsOf(features, aim.input.tensor)?.mean ?? []) : [];
  // Images have statistics per channel; channels are the last axis.
  const places = aim.kind === 'input' ? aim.input.places : null;
  return Array.from({ length: units }, (_, unit) => {
    return means.length === 0 ? 0 : (means[places === null ? unit % means.length : places[unit]!] ?? 0);
  });
}

/** Sets weights of masked examples to 0 and scales the others, so that the mean is over unmasked examples. */
function maskedWeights(b: ProgramBuilder, weights: ValueId | null, counted: ValueId, count: ValueId): ValueId {
  // At least 1, to avoid 0 / 0 if all examples are masked.
  const valid = b.plain('maximum', b.reduceSum(counted, [0]), b.scalar(1));
  const scaled = b.multiply(counted, b.divide(count, valid));
  return weights === null ? scaled : b.multiply(weights, scaled);
}

/** @returns int32 [N, 1] for classes, float32 [N, targets] otherwise. */
function targetsOf(builder: ProgramBuilder, y: ValueId, { places, aim }: OutputTargets): ValueId {
  const columns =
    places.length === builder.shapeOf(y)[1] ? orderedColumns(builder, y, places) : columnsAt(builder, y, places);
  return builder.cast(columns, aim.kind === 'classes' ? 'int32' : 'float32');
}

function orderedColumns(builder: ProgramBuilder, y: ValueId, places: readonly number[]): ValueId {
  return places.every((place, index) => place === index) ? y : columnsAt(builder, y, places);
}

function columnsAt(builder: ProgramBuilder, y: ValueId, places: readonly number[]): ValueId {
  const parts = places.map((place) => builder.slice(y, [0, place], [-1, 1]));
  return parts.length === 1 ? parts[0]! : builder.concat(parts, 1);
}

/** @returns float32 [N], or null if all weights are 1. */
function exampleWeights(
  builder: ProgramBuilder,
  y: ValueId,
  output: ReportedOutput,
  place: number | null,
  training: boolean,
): ValueId | null {
  const own = place === null ? null : builder.reshape(columnsAt(builder, y, [place]), [null]);
  const { classWeights } = output;
  if (classWeights === null || !training) return own;
  const byClass = builder.constant('float32', [classWeights.length], classWeights);
  const classes = builder.reshape(targetsOf(builder, y, output), [null]);
  const ofClass = builder.gather(byClass, classes, 0);
  return own === null ? ofClass : builder.multiply(own, ofClass);
}

/**
 * Reshapes to [N, units]. A last sigmoid stays the last operation, so that losses find its logits.
 * Keras averages over the axes of an image one after the other; the mean over the row is equal.
 */
function flatValues(builder: ProgramBuilder, value: ValueId): ValueId {
  const shape = builder.shapeOf(value);
  if (shape.length === 2) return value;
  const row = [null, elementCount(shape)];
  const logits = logitsOf(builder, value, 'sigmoid');
  if (logits === null) return builder.reshape(value, row);
  return builder.plain('sigmoid', builder.reshape(logits, row));
}
