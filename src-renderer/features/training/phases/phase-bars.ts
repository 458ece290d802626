import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { phaseModels } from '../../../../src-shared/training/commands/phase-commands.ts';
import { phaseStarts, type Phase, type PhaseFreezing } from '../../../../src-shared/training/configuration/phases.ts';
import { formatCount, formatCountOf, formatNumber } from '../../../ui/format/numbers.ts';

/** A phase as the timeline draws it. */
export interface PhaseBar {
  readonly phase: Phase;
  readonly number: number;
  /** Completed epochs at its beginning. */
  readonly start: number;
  /** 'epochs 1–4'. */
  readonly epochs: string;
  /** Part of the layers with weights that is frozen, 0 … 1. */
  readonly frozenPart: number;
  /** 'learning rate 0.001', '2 of 5 layers frozen'. */
  readonly words: readonly string[];
}

/** @param layers Names of layers and blocks with weights, in topological order. */
export function phaseBars(model: ModelDocument, phases: readonly Phase[], layers: readonly string[]): PhaseBar[] {
  const models = phaseModels(model, phases, layers);
  const names = new Set(layers);
  return phaseStarts(phases).map(({ phase, start }, index) => {
    const weighted = models[index]!.nodes.filter(({ name }) => names.has(name));
    const frozen = weighted.filter((node) => node.frozen).length;
    const partly = weighted.filter((node) => !node.frozen && node.frozenPaths !== undefined).length;
    const last = start + phase.epochs;
    return {
      phase,
      number: index + 1,
      start,
      epochs:
        phase.epochs === 1 ? `epoch ${formatCount(last)}` : `epochs ${formatCount(start + 1)}–${formatCount(last)}`,
      frozenPart: layers.length === 0 ? 0 : (frozen + partly / 2) / layers.length,
      words: [
        ...(phase.learningRate === undefined ? [] : [`learning rate ${formatNumber(phase.learningRate)}`]),
        layers.length === 0 ? chosenWords(phase.frozen) : frozenWords(frozen, partly, layers.length),
      ],
    };
  });
}

/** What is chosen, where it is not known which layers have weights. */
function chosenWords(freezing: PhaseFreezing | undefined): string {
  if (freezing === undefined) return 'frozen layers as before';
  if (freezing === 'model') return 'frozen layers as in the model';
  if (Array.isArray(freezing)) return freezing.length === 0 ? 'all layers train' : `${freezing.join(', ')} frozen`;
  return freezing.allButLast === 1
    ? 'the last layer trains'
    : `the last ${formatCount(freezing.allButLast)} layers train`;
}

function frozenWords(frozen: number, partly: number, count: number): string {
  if (frozen + partly === 0) return 'all layers train';
  const words = frozen === 0 ? [] : [`${formatCount(frozen)} of ${formatCountOf(count, 'layer')} frozen`];
  if (partly > 0) words.push(`${formatCountOf(partly, 'block')} partly frozen`);
  return words.join(', ');
}
