import { deleteUnusedBlocks, detachBlock } from '../../../../src-shared/document/blocks/block-edits.ts';
import { BLOCK, usesOf } from '../../../../src-shared/document/schema/blocks.ts';
import { dissolveBlock } from '../../../../src-shared/document/blocks/dissolve-block.ts';
import { blockRefusal, makeBlock } from '../../../../src-shared/document/blocks/make-block.ts';
import { ownerOf, sharingNodes } from '../../../../src-shared/document/schema/shared-layers.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { needsModel, type Command } from '../../../commands/command.ts';

type Edited = Pick<Stores, 'model' | 'editor'>;

/** Making, opening and dissolving blocks. */
export function blockCommands(stores: Pick<Stores, 'model' | 'editor' | 'steps' | 'toasts'>): Command[] {
  const { model, editor, steps, toasts } = stores;
  const elsewhere = needsModel(steps);
  const chosen = () => {
    const [only, ...more] = editor.selectedNodes;
    const node = more.length > 0 ? undefined : model.document.nodes.find(({ id }) => id === only);
    return node?.kind === BLOCK ? node : null;
  };
  const needsBlock = () => elsewhere() ?? (chosen() === null ? 'Select a block first.' : null);

  return [
    {
      id: 'block.make',
      title: 'Make block of selection',
      group: 'Blocks',
      keys: ['Mod+G'],
      blocked: () => elsewhere() ?? blockRefusal(model.document, editor.selectedNodes),
      run: () => {
        const made = makeBlock(model.document, editor.selectedNodes, createId);
        if (typeof made === 'string') return;
        model.perform(made.change);
        editor.select([made.nodeId]);
        focusSelection(stores);
      },
    },
    {
      id: 'block.dissolve',
      title: 'Dissolve block',
      group: 'Blocks',
      keys: ['Mod+Shift+G'],
      blocked: needsBlock,
      run: () => {
        const node = chosen();
        if (node === null) return;
        const dissolved = dissolveBlock(model.document, node.id, createId);
        if (typeof dissolved === 'string') {
          toasts.info(dissolved);
          return;
        }
        model.perform(dissolved.change);
        editor.select(dissolved.nodeIds);
        // Copies drawn out may reach far below.
        requestAnimationFrame(() => editor.canvas?.fit());
        focusSelection(stores);
      },
    },
    {
      id: 'block.open',
      title: 'Open block (Enter)',
      group: 'Blocks',
      keys: ['Alt+ArrowDown'],
      blocked: needsBlock,
      run: () => enterBlock(stores, chosen()!.id),
    },
    {
      id: 'block.leave',
      title: 'Leave block (Esc)',
      group: 'Blocks',
      keys: ['Alt+ArrowUp'],
      blocked: () => elsewhere() ?? (model.openBlock === null ? 'No block is open.' : null),
      run: () => leaveBlock(stores),
    },
    {
      id: 'block.detach',
      title: 'Make block independent of its other uses',
      group: 'Blocks',
      blocked: () => {
        const node = chosen();
        if (node === null) return needsBlock();
        const uses = usesOf(model.whole, String(node.params['block'])).length;
        const together = sharingNodes(model.document.nodes, node).length;
        return uses > together ? null : 'Nothing else uses this block.';
      },
      run: () => model.perform(detachBlock(model.document, chosen()!.id, createId)),
    },
    {
      id: 'block.deleteUnused',
      title: 'Delete unused blocks',
      group: 'Blocks',
      blocked: () => elsewhere() ?? (deleteUnusedBlocks(model.whole) === null ? 'Every block is in use.' : null),
      run: () => model.performOnWhole(deleteUnusedBlocks(model.whole)),
    },
  ];
}

/** Puts the inside of a Block node on the canvas. */
export function enterBlock({ model, editor }: Edited, nodeId: string): void {
  model.seal();
  editor.select([]);
  const { nodes } = model.document;
  const node = nodes.find(({ id }) => id === nodeId);
  // Layers inside a block with shared weights are edited in the owner.
  model.open(node === undefined ? nodeId : ownerOf(nodes, node).id);
}

/** Goes back to what is around the open block, or to a step of the trail, with the Block node selected. */
export function leaveBlock({ model, editor }: Edited, depth = model.trail.length - 1): void {
  const left = model.trail[depth];
  if (left === undefined) return;
  model.seal();
  model.leaveTo(depth);
  // After the canvas took back the selection that it had inside, which Escape on a card makes it do.
  requestAnimationFrame(() => {
    editor.select(left.nodeId === null ? [] : [left.nodeId]);
    focusSelection({ editor });
  });
}

/** So that keys go on from the card that is selected now. */
function focusSelection({ editor }: Pick<Stores, 'editor'>): void {
  requestAnimationFrame(() => requestAnimationFrame(() => editor.canvas?.focus()));
}
