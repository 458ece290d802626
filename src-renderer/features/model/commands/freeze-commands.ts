import { unfreezeAll } from '../../../../src-shared/document/blocks/block-freezing.ts';
import { setInferenceMode } from '../../../../src-shared/document/edits/edits.ts';
import { ownersIn, withOwnersValues } from '../../../../src-shared/document/schema/shared-layers.ts';
import { dependsOnMode } from '../../../../src-shared/layers/catalog/node-facts.ts';
import { withAncestors, withBetween, withDescendants } from '../../../../src-shared/document/schema/ancestors.ts';
import { needsModel, type Command } from '../../../commands/command.ts';
import type { Stores } from '../../../state/stores.ts';
import { weightedLayers, weightedMembers } from '../freezing/weighted-layers.ts';
import { groupsSelected } from './group-commands.ts';

/** Freezing and unfreezing layers: the selection, a range, a group, all but the last; their inference mode. */
export function freezeCommands(
  stores: Pick<Stores, 'model' | 'liveEdits' | 'editor' | 'steps' | 'analysis'>,
): Command[] {
  const { model, liveEdits, editor, steps, analysis } = stores;
  const elsewhere = needsModel(steps);
  const needsNodes = () => elsewhere() ?? (editor.selectedNodes.length === 0 ? 'Select a layer first.' : null);
  const isFrozen = (id: string) =>
    model.document.nodes.some((node) => node.id === id && analysis.frozenPart(node) === 'all');
  const withWeights = (ids: readonly string[]) =>
    ids.filter((id) => (analysis.nodeOf(id)?.parameters ?? 0) > 0 || isFrozen(id));
  const setFrozen = (ids: readonly string[], frozen: boolean) => liveEdits.freeze(() => model.setFrozen(ids, frozen));

  const chosen = () => withWeights(editor.selectedNodes);
  const between = () => withWeights(withBetween(model.document, editor.selectedNodes));
  const grouped = () =>
    groupsSelected(stores).flatMap(({ id }) => weightedMembers(stores, id).map((member) => member.id));
  /** Layers with weights that train, of the selection and all it depends on. */
  const upToSelection = () =>
    withWeights(withAncestors(model.document, editor.selectedNodes)).filter((id) => !isFrozen(id));
  /** Layers that do not train as a whole, of the selection and all that depends on it. */
  const fromSelection = () =>
    withDescendants(model.document, editor.selectedNodes).filter((id) => {
      const node = model.document.nodes.find((each) => each.id === id);
      return node !== undefined && analysis.frozenPart(node) !== 'none';
    });
  /** Freezes layers unless all of them are frozen. */
  const freezes = (ids: readonly string[]) => ids.length === 0 || ids.some((id) => !isFrozen(id));
  const verb = (ids: readonly string[]) => (freezes(ids) ? 'Freeze' : 'Unfreeze');
  const toggle = (ids: readonly string[]) => setFrozen(ids, freezes(ids));
  /** Selected layers that compute differently in training and in prediction. */
  const withModes = () => {
    const { nodes } = model.document;
    const owners = ownersIn(nodes);
    return nodes.filter(
      (node) =>
        editor.selectedNodes.includes(node.id) && dependsOnMode(model.whole, withOwnersValues(node, owners(node))),
    );
  };
  const inferenceNext = () => withModes().some(({ training }) => training !== false);
  const edit = (command: Omit<Command, 'group'>): Command => ({ ...command, group: 'Edit' });

  return [
    edit({
      id: 'edit.freeze',
      title: () => `${verb(chosen())} ${chosen().length > 1 ? `${chosen().length} layers` : 'the layer'}`,
      keys: ['Shift+F'],
      blocked: () => needsNodes() ?? (chosen().length === 0 ? 'No weights to freeze in the selection.' : null),
      run: () => toggle(chosen()),
    }),
    edit({
      id: 'edit.freezeUpTo',
      title: 'Freeze everything up to here',
      keys: ['Alt+Shift+F'],
      blocked: () => needsNodes() ?? (upToSelection().length === 0 ? 'Everything up to here is frozen.' : null),
      run: () => setFrozen(upToSelection(), true),
    }),
    edit({
      id: 'edit.unfreezeFrom',
      title: 'Unfreeze everything from here on',
      words: 'after below top gradual unfreezing',
      blocked: () => needsNodes() ?? (fromSelection().length === 0 ? 'Nothing from here on is frozen.' : null),
      run: () => setFrozen(fromSelection(), false),
    }),
    edit({
      id: 'edit.freezeBetween',
      title: () => `${verb(between())} all layers from the first to the last selected`,
      words: 'range between part',
      blocked: () =>
        elsewhere() ??
        (editor.selectedNodes.length < 2
          ? 'Select the first and the last layer of the range first.'
          : between().length === 0
            ? 'No weights to freeze in the range.'
            : null),
      run: () => toggle(between()),
    }),
    edit({
      id: 'edit.inferenceMode',
      title: () => {
        const count = withModes().length;
        const what = count > 1 ? ` for ${count} layers` : '';
        return inferenceNext() ? `Inference mode${what}` : `End inference mode${what}`;
      },
      words: 'training false dropout noise batch normalization statistics prediction',
      blocked: () =>
        needsNodes() ??
        (withModes().length === 0 ? 'The selection computes the same in training and in prediction.' : null),
      run: () => {
        const ids = withModes().map(({ id }) => id);
        model.perform(setInferenceMode(model.document, ids, inferenceNext()));
      },
    }),
    edit({
      id: 'group.freeze',
      title: () => `${verb(grouped())} the group`,
      words: 'layers of a group',
      blocked: () =>
        elsewhere() ??
        (groupsSelected(stores).length === 0
          ? 'Select a group, or a layer of one, first.'
          : grouped().length === 0
            ? 'No weights to freeze in the group.'
            : null),
      run: () => toggle(grouped()),
    }),
    edit({
      id: 'edit.freezeAllBut',
      title: 'Freeze all but the last layers…',
      words: 'last n top head transfer fine-tuning',
      keys: ['Mod+Shift+F'],
      blocked: () =>
        elsewhere() ??
        (weightedLayers(stores).length >= 2
          ? null
          : analysis.countsAll
            ? 'Fewer than 2 layers have weights.'
            : 'Which layers have weights is not known yet: the shapes of the inputs are missing.'),
      run: () => (editor.freezesAllBut = true),
    }),
    edit({
      id: 'edit.unfreezeAll',
      title: 'Unfreeze all layers',
      blocked: () => elsewhere() ?? (unfreezeAll(model.whole) === null ? 'No layer is frozen.' : null),
      run: () => liveEdits.freeze(() => model.performOnWhole(unfreezeAll(model.whole))),
    }),
  ];
}
