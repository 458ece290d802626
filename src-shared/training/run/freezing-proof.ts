import { z } from 'zod';
import { csvLine } from '../../text/csv-line.ts';
import { hasEnded } from './run-state.ts';
import type { RunState } from './run-state.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Hash of a weight's values at a step of the run. */
export const weightHashSchema = z.object({
  /** Optimizer updates before it. */
  step: z.number().int().nonnegative(),
  /** Of the bytes of its values: float32, little-endian, row-major. */
  sha256: sha256Schema,
  /** Whether its layer is frozen from this step to that of the next hash. */
  frozen: z.boolean(),
});
export type WeightHash = z.infer<typeof weightHashSchema>;

const weightProofSchema = z.object({
  /** State name: layer name, slash, weight name. */
  name: z.string(),
  shape: z.array(z.number().int()),
  /** A stored statistic that follows the batches although its layer is frozen, as the layer's settings ask. */
  followsBatches: z.boolean(),
  /** At the first and the last step that are compared, and where its layer was frozen or unfrozen. */
  hashes: z.array(weightHashSchema).min(2),
});
type WeightProof = z.infer<typeof weightProofSchema>;

const layerProofSchema = z.object({
  layer: z.string(),
  /** sha256 of the first and of the last hashes of its weights in their order, as hexadecimal text. */
  before: sha256Schema,
  after: sha256Schema,
  weights: z.array(weightProofSchema).min(1),
});

/**
 * Hashes of all weights of a run, read from the engine's memory. They show what training changed, and that it did not
 * change frozen weights. With averages of weights these are the trained weights, not the averages.
 */
export const freezingProofSchema = z.object({
  version: z.literal(1),
  /** In topological order. */
  layers: z.array(layerProofSchema),
});
export type FreezingProof = z.infer<typeof freezingProofSchema>;

/** Steps, the first and the last included; steps count from 1. */
export interface StepRange {
  readonly first: number;
  readonly last: number;
}

/** `fault`: it changed while its layer was frozen. */
export type FreezingResult = 'unchanged' | 'changed' | 'fault';

export interface FreezingRow {
  readonly result: FreezingResult;
  readonly before: string;
  readonly after: string;
}

export interface LayerFreezing extends FreezingRow {
  readonly layer: string;
  readonly frozen: 'always' | 'partly' | 'never';
  /** Steps over which its weights are compared. */
  readonly compared: StepRange;
  /** Steps in which it was frozen. */
  readonly spans: readonly StepRange[];
  /** It has statistics that follow the batches while it is frozen. */
  readonly followsBatches: boolean;
  readonly weights: readonly (FreezingRow & Pick<WeightProof, 'name' | 'shape' | 'followsBatches'>)[];
}

/** The result for each layer. */
export function layerFreezing({ layers }: FreezingProof): LayerFreezing[] {
  return layers.map(({ layer, before, after, weights }) => {
    const { hashes } = weights[0]!;
    const compared = { first: hashes[0]!.step + 1, last: hashes.at(-1)!.step };
    const spans = spansOf(hashes);
    const isAlways = hashes.slice(0, -1).every(({ frozen }) => frozen);
    const rows = weights.map((weight) => ({
      name: weight.name,
      shape: weight.shape,
      followsBatches: weight.followsBatches,
      before: weight.hashes[0]!.sha256,
      after: weight.hashes.at(-1)!.sha256,
      result: resultOf(weight),
    }));
    const worst = (['fault', 'changed'] as const).find((result) => rows.some((row) => row.result === result));
    const frozen = isAlways ? 'always' : spans.length > 0 ? 'partly' : 'never';
    const followsBatches = weights.some((weight) => weight.followsBatches);
    const result = worst ?? 'unchanged';
    return { layer, result, before, after, frozen, compared, spans, followsBatches, weights: rows };
  });
}

function resultOf({ hashes, followsBatches }: WeightProof): FreezingResult {
  const changes = hashes.slice(1).map(({ sha256 }, index) => {
    const before = hashes[index]!;
    return { isChange: before.sha256 !== sha256, frozen: before.frozen };
  });
  if (!followsBatches && changes.some(({ isChange, frozen }) => isChange && frozen)) return 'fault';
  return hashes[0]!.sha256 === hashes.at(-1)!.sha256 ? 'unchanged' : 'changed';
}

function spansOf(hashes: readonly WeightHash[]): StepRange[] {
  const spans: StepRange[] = [];
  hashes.slice(1).forEach(({ step: last }, index) => {
    const { step, frozen } = hashes[index]!;
    if (!frozen || last === step) return;
    const before = spans.at(-1);
    if (before?.last === step) spans.splice(-1, 1, { first: before.first, last });
    else spans.push({ first: step + 1, last });
  });
  return spans;
}

/** Numbers of layers. */
export interface FreezingCounts {
  /** Frozen in all steps, and unchanged. */
  readonly frozen: number;
  /** Frozen in some steps, and unchanged in these. */
  readonly partlyFrozen: number;
  /** Frozen in all or some steps, and unchanged but for statistics that follow the batches. */
  readonly followBatches: number;
  /** Never frozen, and changed. */
  readonly trained: number;
  /** Never frozen, but unchanged. */
  readonly untouched: number;
  /** Changed while frozen. */
  readonly faults: number;
}

export function freezingCounts(layers: readonly LayerFreezing[]): FreezingCounts {
  const groups = Map.groupBy(layers, ({ result, frozen, followsBatches }): keyof FreezingCounts => {
    if (result === 'fault') return 'faults';
    if (frozen === 'never') return result === 'changed' ? 'trained' : 'untouched';
    if (followsBatches) return 'followBatches';
    return frozen === 'always' ? 'frozen' : 'partlyFrozen';
  });
  const count = (group: keyof FreezingCounts): number => groups.get(group)?.length ?? 0;
  return {
    frozen: count('frozen'),
    partlyFrozen: count('partlyFrozen'),
    followBatches: count('followBatches'),
    trained: count('trained'),
    untouched: count('untouched'),
    faults: count('faults'),
  };
}

const countWords: Readonly<Record<keyof FreezingCounts, (layers: string) => string>> = {
  faults: (layers) => `${layers} changed while frozen`,
  frozen: (layers) => `${layers} frozen and unchanged`,
  partlyFrozen: (layers) => `${layers} frozen for a part of the run and unchanged in it`,
  followBatches: (layers) => `${layers} frozen and unchanged except statistics that follow the batches`,
  trained: (layers) => `${layers} trained`,
  untouched: (layers) => `${layers} not frozen but unchanged`,
};

/** '12 layers frozen and unchanged, 2 layers trained'. */
export function freezingText(layers: readonly LayerFreezing[]): string {
  const counts = freezingCounts(layers);
  const parts = Object.entries(countWords).flatMap(([group, words]) => {
    const count = counts[group as keyof FreezingCounts];
    return count === 0 ? [] : [words(count === 1 ? '1 layer' : `${count} layers`)];
  });
  return parts.length === 0 ? 'No layer has weights' : parts.join(', ');
}

/** The fault of a run in which frozen layers changed; null: none did. */
export function freezingFault(layers: readonly LayerFreezing[]): string | null {
  const weights = layers.flatMap((layer) => layer.weights).filter(({ result }) => result === 'fault');
  if (weights.length === 0) return null;
  const names = weights.slice(0, 5).map(({ name }) => name);
  const more = weights.length > names.length ? ` and ${weights.length - names.length} more` : '';
  return `Weights of frozen layers changed: ${names.join(', ')}${more}. Freezing should keep them unchanged, so this is an error of Lamina or of its engine. Do not use this run as one with frozen layers; train it on the other engine, and report the error.`;
}

/** Why a run in this state has no comparison of its weights. */
export function noFreezingText(state: RunState): string {
  if (!hasEnded(state)) return 'Its weights are compared when it ends.';
  if (state === 'interrupted')
    return 'It was interrupted before its weights were compared. If it is resumed, they are compared when it ends.';
  return 'Its weights were not compared: an older version of Lamina trained it, or it ended before training began.';
}

/** '1–1,200, 2,401–3,000'; empty for none. */
export function spansText(spans: readonly StepRange[]): string {
  const step = (value: number): string => value.toLocaleString('en');
  return spans.map(({ first, last }) => `${step(first)}–${step(last)}`).join(', ');
}

/** The results and their hashes as one object. */
export function freezingJson(proof: FreezingProof): Record<string, unknown> {
  const layers = layerFreezing(proof);
  return { version: proof.version, counts: freezingCounts(layers), layers };
}

/** A line for each weight. */
export function freezingCsv(proof: FreezingProof): string {
  const header = [
    'layer',
    'weight',
    'shape',
    'first_step',
    'last_step',
    'frozen_steps',
    'result',
    'sha256_before',
    'sha256_after',
  ];
  const lines = layerFreezing(proof).flatMap(({ layer, compared, spans, weights }) =>
    weights.map(({ name, shape, result, before, after }) => [
      layer,
      name,
      shape.join('x'),
      compared.first,
      compared.last,
      spans.map(({ first, last }) => `${first}-${last}`).join(' '),
      result === 'fault' ? 'changed while frozen' : result,
      before,
      after,
    ]),
  );
  return [header, ...lines].map((cells) => `${csvLine(cells)}\n`).join('');
}
