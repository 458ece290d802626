import { modelWeights } from '../../../../src-shared/compiler/model-programs.ts';
import { setFrozenIn, unfreezeAll } from '../../../../src-shared/document/blocks/block-freezing.ts';
import { applyChange } from '../../../../src-shared/document/history/operations.ts';
import type { Change } from '../../../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { changedFreezing, requireFreezable, withFrozen } from '../../../../src-shared/training/commands/freezing.ts';
import type { Freezing } from '../../../../src-shared/training/commands/freezing.ts';
import { isApplied, modelAfter } from '../../../../src-shared/training/commands/run-command.ts';
import { commandsIn } from '../../../../src-shared/training/run/run-state.ts';
import type { RunRecord } from '../../../../src-shared/training/run/run.ts';
import { text, texts, wholeNumber } from './arguments.ts';
import type { CommandOption, OptionValues } from './command.ts';

export const freezingOptions: Readonly<Record<'freeze' | 'unfreeze' | 'freeze-all-but', CommandOption>> = {
  freeze: {
    type: 'string',
    multiple: true,
    placeholder: 'LAYER',
    help: "Leaves the weights of a layer or block as they are. 'block/layer' is a layer inside a block, 'block/2' its second copy, 'block/1-3/layer' a layer in its first three copies. Can be repeated.",
  },
  unfreeze: { type: 'string', multiple: true, placeholder: 'LAYER', help: 'Trains it again. Can be repeated.' },
  'freeze-all-but': {
    type: 'string',
    placeholder: 'N',
    help: 'Trains the last N layers and blocks with weights, and leaves all others as they are.',
  },
};

type FreezableRun = Pick<
  RunRecord,
  'state' | 'model' | 'featureSpec' | 'configuration' | 'commands' | 'startStep' | 'stepsDone' | 'createdAt'
>;

/**
 * The changes that --freeze, --unfreeze and --freeze-all-but make in the model that the run trains; layers are unfrozen
 * first. Unfreezing a block that is partly frozen unfreezes all layers inside, as the window does.
 *
 * @throws AppError 'cli/bad-arguments', 'training/cannot-set'.
 */
export function freezingOf(options: OptionValues, run: FreezableRun): Freezing[] {
  // A resumed or repeated run also records settings of the earlier run. `run.model` includes those before `startStep`;
  // those after `stepsDone` are not applied yet.
  const applied = run.commands.filter((command) => command.step >= run.startStep && isApplied(command, run));
  const model = modelAfter(run.model, applied);
  const [freeze, unfreeze] = namedLayers(options, run, model);
  const both = freeze.find((layer) => unfreeze.includes(layer));
  if (both !== undefined) {
    throw new AppError(
      'cli/bad-arguments',
      `Expected --freeze or --unfreeze for '${both}'; received both. See 'lamina set --help'.`,
    );
  }
  const asked = [
    ...unfreeze.map((layer): Freezing => ({ layer, frozen: false })),
    ...freeze.map((layer): Freezing => ({ layer, frozen: true })),
  ];
  // A run in this state refuses the command, with a better message.
  if (!commandsIn(run.state).includes('set')) return asked;
  requireFreezable(model, asked);
  const changes = asked.flatMap((change) => (change.frozen ? [change] : unfreezing(model, change)));
  for (const change of asked) requireEffect(run, model, change, withFrozen(model, changes));
  return changes;
}

/** The layers to freeze and those to unfreeze. */
function namedLayers(
  options: OptionValues,
  { featureSpec, configuration }: FreezableRun,
  model: ModelDocument,
): [freeze: readonly string[], unfreeze: readonly string[]] {
  const named = [texts(options, 'freeze'), texts(options, 'unfreeze')] as const;
  if (text(options, 'freeze-all-but') === undefined) return [...named];
  if (named.some((layers) => layers.length > 0)) {
    throw new AppError(
      'cli/bad-arguments',
      "Expected --freeze-all-but without --freeze and --unfreeze; received both. See 'lamina set --help'.",
    );
  }
  if (featureSpec === null) {
    throw new AppError(
      'training/cannot-set',
      'Which layers have weights is not known before the run has read its data. Try again when it trains.',
    );
  }
  const weights = modelWeights(model, featureSpec, configuration);
  const layers = [...new Set(weights.map(({ layer }) => layer.split('/')[0]!))];
  const last = wholeNumber(options, 'freeze-all-but', 1, Math.max(1, layers.length - 1))!;
  return [layers.slice(0, -last), layers.slice(-last)];
}

/** The changes that unfreeze a layer, or all layers inside a partly frozen block. */
function unfreezing(model: ModelDocument, change: Freezing): Freezing[] {
  const node = model.nodes.find(({ name }) => name === change.layer);
  const inside =
    node === undefined ? [] : changedFreezing(model, changed(model, setFrozenIn(model, null, [node.id], false)));
  return inside.length === 0 ? [change] : inside;
}

/** @throws AppError 'training/cannot-set' if the layer has no weights, or stays frozen with the block around it. */
function requireEffect(
  { featureSpec, configuration }: FreezableRun,
  model: ModelDocument,
  { layer, frozen }: Freezing,
  after: ModelDocument,
): void {
  // The shapes of the weights are not known before the data is read.
  if (featureSpec === null) return;
  const frozenIn = (document: ModelDocument): string[] =>
    modelWeights(document, featureSpec, configuration).flatMap((weight) => (weight.frozen ? [weight.name] : []));
  const weights = frozenIn(withFrozen(changed(model, unfreezeAll(model)), [{ layer, frozen: true }]));
  if (weights.length === 0) {
    throw new AppError(
      'training/cannot-set',
      `Expected a layer with weights; received '${layer}', which has none. Choose a layer that training changes.`,
      { layer },
    );
  }
  const isInside = layer.includes('/');
  if (frozen || !isInside) return;
  const stay = new Set(frozenIn(after));
  if (!weights.every((name) => stay.has(name))) return;
  const [block] = layer.split('/');
  throw new AppError(
    'training/cannot-set',
    `'${layer}' is frozen together with other layers of '${block}'. Unfreeze '${block}', then freeze the layers that must stay frozen.`,
    { layer, block },
  );
}

const changed = (model: ModelDocument, change: Change | null): ModelDocument =>
  change === null ? model : applyChange(model, change);
