import { describe, expect, it } from 'vitest';
import { FeatureChooser, recordAfter } from '../../src-main/trainer/cached-features/choose-features.ts';
import type { FeatureRoom } from '../../src-main/trainer/cached-features/choose-features.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import type { Execution } from '../../src-main/runs/types.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { CachedFeaturesRecord } from '../../src-shared/training/run/cached-features.ts';
import { cachedFeaturesText } from '../../src-shared/training/run/cached-features.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const frozen = (units: number, name: string): LayerLine => dense(units, 'relu', { name, frozen: true });
const dropout: LayerLine = { kind: 'Dropout', params: { rate: 0.2 }, name: 'dropout' };
const norm = (isFrozen: boolean): LayerLine => ({
  kind: 'BatchNormalization',
  params: { center: false, scale: false },
  name: 'norm',
  frozen: isFrozen,
});
const last = dense(3, 'softmax', { name: 'last' });
const ROWS = { train: 50_000, validation: 100 };
const ROOM: FeatureRoom = { memory: 1e9, disk: 1e10 };

function choose(
  lines: readonly LayerLine[],
  changes: Partial<TrainingConfiguration> = {},
  rows = ROWS,
  execution: Execution | null = null,
  step = 0,
  commands: readonly RecordedSettings[] = [],
  room: FeatureRoom = ROOM,
) {
  const chooser = chooserOf(lines, changes, rows, execution, commands, room);
  return chooser.first(compiled(lines, changes), step);
}

const compiled = (lines: readonly LayerLine[], changes: Partial<TrainingConfiguration> = {}) =>
  compileOrThrow(sequentialDocument(lines), classFeatures([40], 3), { ...configurationWith({}), ...changes });

function chooserOf(
  lines: readonly LayerLine[],
  changes: Partial<TrainingConfiguration> = {},
  rows = ROWS,
  execution: Execution | null = null,
  commands: readonly RecordedSettings[] = [],
  room: FeatureRoom = ROOM,
) {
  const configuration = { ...configurationWith({}), ...changes };
  const model = sequentialDocument(lines);
  const job = { model, configuration, execution, earlier: null, commands: [...commands] };
  const compile = (document: ModelDocument) => compileOrThrow(document, classFeatures([40], 3), configuration);
  return new FeatureChooser({ job, rows, room, compile });
}

const shapes = ({ features }: ReturnType<typeof choose>) =>
  features?.sessionModel.programs['trainFeatures']!.outputs.map(
    ({ value }) => features.sessionModel.programs['trainFeatures']!.values[value]!.shape,
  );

describe('FeatureChooser', () => {
  it('computes the frozen part once, and says of how many layers it is', () => {
    const chosen = choose([frozen(400, 'one'), norm(true), frozen(30, 'two'), dropout, last]);
    expect(chosen.record).toMatchObject({ used: true, layers: 3, rows: 50_100, sizeBytes: 4 * 30 * 50_100 });
    expect(shapes(chosen)).toEqual([[null, 30]]);
    expect(cachedFeaturesText(chosen.record!)).toMatchInlineSnapshot(`"The frozen part, 3 layers, is computed once."`);
  });

  it('cuts before the first layer that draws random numbers, follows the batches or trains', () => {
    expect(shapes(choose([frozen(400, 'one'), dropout, frozen(30, 'two'), last]))).toEqual([[null, 400]]);
    expect(shapes(choose([frozen(400, 'one'), norm(false), frozen(30, 'two'), last]))).toEqual([[null, 400]]);
    expect(shapes(choose([frozen(400, 'one'), dense(50), frozen(30, 'two'), last]))).toEqual([[null, 400]]);
  });

  it('names the first layer that keeps frozen layers from being computed once', () => {
    const reason = (lines: readonly LayerLine[]) => choose(lines).record;
    expect(reason([dropout, frozen(400, 'one'), last])).toMatchObject({
      used: false,
      reason: 'random',
      layer: 'dropout',
    });
    expect(reason([norm(false), frozen(400, 'one'), last])).toMatchObject({
      used: false,
      reason: 'batch',
      layer: 'norm',
    });
    expect(reason([dense(9, 'relu', { name: 'first' }), frozen(400, 'one'), last])).toMatchObject({
      used: false,
      reason: 'trained',
      layer: 'first',
    });
  });

  it('does not for one epoch, few rows, a small part of the model, large outputs', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    expect(choose(lines, { epochs: 1 }).record).toMatchObject({ used: false, reason: 'epochs' });
    expect(choose(lines, {}, { train: 100, validation: 0 }).record).toMatchObject({ used: false, reason: 'small' });
    expect(choose([frozen(30, 'one'), dense(3000), last]).record).toMatchObject({ used: false, reason: 'small' });
    expect(choose(lines, { cachedFeatures: false }).record).toMatchObject({ used: false, reason: 'off' });
    expect(choose([dense(400), last]).record).toBeNull();
  });

  it('leaves values that do not fit in memory on disk, if they fit there and much is saved', () => {
    const lines = [frozen(4000, 'one'), frozen(2000, 'two'), last];
    const inRoom = (memory: number, disk: number, of = lines) =>
      choose(of, {}, ROWS, null, 0, [], { memory, disk }).record;
    const size = 4 * 2000 * 50_100;
    expect(inRoom(size, 0)).not.toHaveProperty('streamed');
    const streamed = inRoom(size - 1, size)!;
    expect(streamed).toMatchObject({ used: true, streamed: true, sizeBytes: size });
    expect(cachedFeaturesText(streamed)).toContain('read from the data cache by batch');
    expect(inRoom(size - 1, size - 1)).toMatchObject({ used: false, reason: 'large' });
    // 51 operations for each byte: reading them from a disk takes longer.
    expect(inRoom(1e9, 1e9, [frozen(100, 'one'), frozen(2000, 'two'), last])).toMatchObject({ used: true });
    expect(inRoom(1, 1e9, [frozen(100, 'one'), frozen(2000, 'two'), last])).toMatchObject({ reason: 'small' });
  });

  it('counts the epochs before the first planned unfreezing after the start', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    const unfreeze = (step: number, epoch: number): RecordedSettings => ({
      ...{ seq: 1, step, epoch, at: '' },
      command: { kind: 'set', patch: { frozen: [{ layer: 'two', frozen: false }] } },
    });
    const planned = (commands: RecordedSettings[]) => choose(lines, { epochs: 20 }, ROWS, null, 0, commands).record;
    expect(planned([unfreeze(5000, 1)])).toMatchObject({ used: false, reason: 'epochs' });
    expect(planned([unfreeze(0, 0)])).toMatchObject({ used: true });
    expect(planned([unfreeze(20_000, 12)])).toMatchObject({ used: true });
  });

  it('does what the recorded run did', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    const execution = { stepsPerCall: null, intraOpThreads: 1 };
    expect(choose(lines, {}, ROWS, execution).record).toMatchObject({ used: false, reason: 'recorded' });
    const record = choose(lines).record!;
    const few = { train: 10, validation: 5 };
    const again = choose(lines, {}, few, { ...execution, cachedFeatures: record });
    expect(shapes(again)).toEqual([[null, 30]]);
    const ended = record.used
      ? { ...record, values: record.values.map((each) => ({ ...each, untilStep: 7 })) }
      : record;
    expect(shapes(choose(lines, {}, few, { ...execution, cachedFeatures: ended }, 7))).toEqual([[null, 30]]);
    expect(choose(lines, {}, few, { ...execution, cachedFeatures: ended }, 8).features).toBeNull();
  });

  it('caches variants of random images if a person sets a number of them and there are more epochs', () => {
    const lines: LayerLine[] = [
      { kind: 'RandomFlip', name: 'flip' },
      { kind: 'Conv2D', name: 'conv', params: { filters: 64 }, frozen: true },
      { kind: 'GlobalAveragePooling2D', name: 'pool' },
      dropout,
      last,
    ];
    const choice = (changes: Partial<TrainingConfiguration>, of = lines) => {
      const configuration = { ...configurationWith({}), epochs: 20, ...changes };
      const compile = (model: ModelDocument) => compileOrThrow(model, classFeatures([16, 16, 3], 3), configuration);
      const model = sequentialDocument(of);
      const job = { model, configuration, execution: null, earlier: null, commands: [] };
      return new FeatureChooser({ job, rows: ROWS, room: ROOM, compile }).first(compile(model), 0).record!;
    };
    expect(choice({})).toMatchObject({ used: false, reason: 'augmentation', layer: 'flip' });
    expect(cachedFeaturesText(choice({}))).toContain('Variants of random images');
    const cached = choice({ cachedVariants: 5 });
    expect(cached).toMatchObject({ used: true, variants: 5, sizeBytes: 4 * 64 * (5 * ROWS.train + ROWS.validation) });
    expect(cachedFeaturesText(cached)).toContain('5 random variants of each image');
    expect(choice({ cachedVariants: 20 })).toMatchObject({ reason: 'epochs' });
    expect(choice({ cachedVariants: 5 }, [{ ...dropout, name: 'first' }, ...lines.slice(1)])).toMatchObject({
      reason: 'random',
    });
    // Without random images there is one variant.
    expect(choice({ cachedVariants: 5 }, lines.slice(1))).not.toHaveProperty('variants');
  });

  it('makes a lower cut where layers are unfrozen, if this saves time, and records both', () => {
    const all = [frozen(400, 'one'), frozen(300, 'two'), frozen(30, 'three'), last];
    const chooser = chooserOf(all, { epochs: 20 });
    const first = chooser.first(compiled(all), 0);
    const unfrozen = [...all.slice(0, 2), dense(30, 'relu', { name: 'three' }), last];
    const change = (epoch: number, isFrozen = false) => ({
      ...{ changes: [{ layer: 'three', frozen: isFrozen }], step: 50, epoch, epochs: 20, replayed: false },
    });
    const next = (epoch: number, of = chooser, replayed = false) =>
      of.next(compiled(unfrozen), sequentialDocument(unfrozen), first.features, { ...change(epoch), replayed });
    const lower = next(3);
    expect(lower?.layers).toBe(2);
    const record = recordAfter(first.record, lower, 50)!;
    expect(record).toMatchObject({ used: true, layers: 2, sizeBytes: 4 * 300 * 50_100, changedAt: [50] });
    expect(cachedFeaturesText(record)).toContain('From step 51 on, it is smaller');
    // One epoch is left.
    expect(next(19)).toBeNull();
    expect(recordAfter(first.record, null, 50)).toMatchObject({ used: true, layers: 3, changedAt: [50] });
    // Freezing makes no other cut.
    const frozenAgain = chooser.next(compiled(all), sequentialDocument(all), lower, change(4, true));
    expect(frozenAgain?.names).toEqual(lower!.names);
    // A run that repeats it does the same, whatever is worth it now; after that step it chooses itself.
    const few = { train: 10, validation: 5 };
    const repeated = (cachedFeatures: CachedFeaturesRecord, rows = few) =>
      chooserOf(all, { epochs: 20 }, rows, { stepsPerCall: null, intraOpThreads: 1, cachedFeatures });
    expect(next(3, repeated(record), true)?.names).toEqual(lower!.names);
    expect(repeated(record).first(compiled(all), 0).features?.names).toEqual(first.features!.names);
    expect(next(3, repeated(recordAfter(first.record, null, 50)!, ROWS), true)).toBeNull();
    expect(next(3, repeated(first.record!, ROWS), true)?.names).toEqual(lower!.names);
  });
});
