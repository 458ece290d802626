import { pasteOffset } from '../../../../src-shared/canvas/layout/paste-offset.ts';
import { copyNodes } from '../../../../src-shared/document/edits/clipboard.ts';
import {
  reuse,
  reuseRefusal,
  separateWeights,
  shareRefusal,
  shareWeights,
} from '../../../../src-shared/document/edits/share-weights.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { needsModel, type Command } from '../../../commands/command.ts';

/** Commands for layers that share weights. */
export function shareCommands(stores: Pick<Stores, 'model' | 'editor' | 'steps'>): Command[] {
  const { model, editor, steps } = stores;
  const elsewhere = needsModel(steps);
  const sharing = () => {
    const [only, ...more] = editor.selectedNodes;
    const node = more.length > 0 ? undefined : model.document.nodes.find(({ id }) => id === only);
    return node?.weightsOf === undefined ? null : node.id;
  };
  return [
    {
      id: 'layer.reuse',
      title: () => `Use ${editor.selectedNodes.length > 1 ? 'the layers' : 'the layer'} again, with the same weights`,
      words: 'share weights shared layer siamese tower',
      group: 'Edit',
      keys: ['Shift+D'],
      blocked: () => elsewhere() ?? reuseRefusal(model.document, editor.selectedNodes),
      run: () => {
        const fragment = copyNodes(model.document, editor.selectedNodes);
        if (fragment === null) return;
        const offset = pasteOffset(model.document, fragment, editor.canvas?.view() ?? null);
        const made = reuse(model.document, editor.selectedNodes, offset, createId);
        if (made === null) return;
        model.perform(made.change);
        editor.select(made.nodeIds);
      },
    },
    {
      id: 'layer.shareWeights',
      title: 'Share weights among the selected layers',
      words: 'shared layers siamese same weights',
      group: 'Edit',
      blocked: () => elsewhere() ?? shareRefusal(model.document, editor.selectedNodes),
      run: () => model.perform(shareWeights(model.document, editor.selectedNodes)),
    },
    {
      id: 'layer.separateWeights',
      title: 'Use separate weights',
      words: 'unshare own weights',
      group: 'Edit',
      blocked: () => elsewhere() ?? (sharing() === null ? 'Select a layer that uses the weights of another.' : null),
      run: () => model.perform(separateWeights(model.document, sharing() ?? '')),
    },
  ];
}
