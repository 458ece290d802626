import { unfreezeAll } from '../../document/blocks/block-freezing.ts';
import { applyChange } from '../../document/history/operations.ts';
import type { ModelBlock, ModelDocument } from '../../document/schema/model-document.ts';
import { phaseStarts } from '../configuration/phases.ts';
import type { Phase, PhaseFreezing } from '../configuration/phases.ts';
import { freezingIn, freezingName, withFrozen } from './freezing.ts';
import type { Freezing } from './freezing.ts';
import type { RecordedSettings, SettingsPatch } from './run-command.ts';

/** Where a run begins, and what decides the steps of its phases. */
export interface PlannedRun {
  /** As it is before the first phase. */
  readonly model: ModelDocument;
  readonly phases: readonly Phase[];
  /** Names of layers and Block nodes with weights at the top level, in topological order. */
  readonly layers: readonly string[];
  readonly stepsPerEpoch: number;
  /** The position where training begins. */
  readonly from: { readonly epoch: number; readonly step: number; readonly batch: number };
  /** Number of steps whose gradients are accumulated there. */
  readonly accumulated: number;
  /** Steps of one update. */
  readonly accumulationSteps: number;
  /** `seq` of the first command. */
  readonly firstSeq: number;
  /** Time, ISO 8601. */
  readonly at: string;
}

/** A model with what a phase freezes. @param layers As in `PlannedRun`. */
function frozenInPhase(model: ModelDocument, freezing: PhaseFreezing, layers: readonly string[]): ModelDocument {
  if (freezing === 'model') return model;
  const frozen = Array.isArray(freezing) ? freezing : layers.slice(0, -freezing.allButLast);
  const change = unfreezeAll(model);
  return withFrozen(
    change === null ? model : applyChange(model, change),
    frozen.map((layer) => ({ layer, frozen: true })),
  );
}

/** What is frozen in each phase, as models. @param layers As in `PlannedRun`. */
export function phaseModels(
  model: ModelDocument,
  phases: readonly Phase[],
  layers: readonly string[],
): ModelDocument[] {
  let current = model;
  return phases.map(({ frozen }) => {
    if (frozen !== undefined) current = frozenInPhase(model, frozen, layers);
    return current;
  });
}

/**
 * The commands that begin the phases. One that begins before the run does applies at the run's beginning, with the
 * settings of the phases before it. While gradients are accumulated, no layers are frozen or unfrozen: such a phase begins
 * at the next step that updates weights.
 */
export function phaseCommands(run: PlannedRun): RecordedSettings[] {
  const { phases, layers, stepsPerEpoch, from, accumulated, accumulationSteps } = run;
  const models = phaseModels(run.model, phases, layers);
  const placed = phaseStarts(phases);
  const passed = placed.filter(({ start }) => start <= from.epoch).length;
  const commands: RecordedSettings[] = [];
  let patch: SettingsPatch = {};
  for (const [index, { phase, start }] of placed.entries()) {
    const { learningRate, frozen } = phase;
    patch = {
      ...patch,
      ...(learningRate === undefined ? {} : { learningRate }),
      ...(frozen === undefined ? {} : { frozen: freezingIn(models[index - 1] ?? run.model, models[index]!, layers) }),
    };
    if (index < passed - 1) continue;
    const begins = index === passed - 1 ? 0 : (start - from.epoch) * stepsPerEpoch - from.batch;
    const gathered = (accumulated + begins) % accumulationSteps;
    const wait = patch.frozen === undefined || gathered === 0 ? 0 : accumulationSteps - gathered;
    const steps = begins + wait;
    commands.push({
      seq: run.firstSeq + index,
      step: from.step + steps,
      epoch: from.epoch + Math.floor((from.batch + steps) / stepsPerEpoch),
      at: run.at,
      // A phase without settings only marks its beginning.
      command: { kind: 'set', patch: { ...patch, frozen: patch.frozen ?? [] }, phase: index + 1 },
    });
    patch = {};
  }
  return commands;
}

/** Phases that name the same layers after layers at the top level were renamed; the same phases if none was. */
export function renamedInPhases(
  phases: readonly Phase[],
  before: ModelDocument,
  after: ModelDocument,
): readonly Phase[] {
  const old = new Map(before.nodes.map(({ id, name }) => [id, name]));
  const renamed = new Map<string, string>();
  for (const { id, name } of after.nodes) {
    const earlier = old.get(id);
    if (earlier !== undefined && earlier !== name) renamed.set(earlier, name);
  }
  const nameNow = (layer: string): string => {
    const [first = '', ...inside] = layer.split('/');
    return [renamed.get(first) ?? first, ...inside].join('/');
  };
  if (renamed.size === 0) return phases;
  return phases.map((phase) =>
    Array.isArray(phase.frozen) ? { ...phase, frozen: phase.frozen.map((layer) => nameNow(layer)) } : phase,
  );
}

/** Names that words list; of more layers they give the number. */
const LISTED_NAMES = 3;

/** 'one, two frozen', '78 layers frozen', 'all layers train': what the command of a phase freezes. */
export function frozenWords(changes: readonly Freezing[], blocks: readonly ModelBlock[]): string {
  const names = changes.filter(({ frozen }) => frozen).map((each) => freezingName(each, blocks));
  if (names.length === 0) return 'all layers train';
  if (names.length <= LISTED_NAMES) return `${names.join(', ')} frozen`;
  return `${names.length.toLocaleString('en')} layers frozen`;
}
