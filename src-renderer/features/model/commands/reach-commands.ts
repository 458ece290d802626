import { connectChain } from '../../../../src-shared/document/geometry/connect-chain.ts';
import { allowedEnds } from '../../../../src-shared/layers/catalog/connecting.ts';
import { flowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import { createId } from '../../../state/ids.ts';
import type { Stores } from '../../../state/stores.ts';
import { needsModel, type Command } from '../../../commands/command.ts';
import { groupsSelected } from './group-commands.ts';
import { neighbourOf, type Way } from './neighbour.ts';

const ways: readonly { way: Way; title: string; key: string }[] = [
  { way: 'next', title: 'Select the next layer along a connection', key: 'Alt+PageDown' },
  { way: 'previous', title: 'Select the layer before along a connection', key: 'Alt+PageUp' },
  { way: 'beside', title: 'Select the next layer of the list', key: 'Alt+Shift+PageDown' },
];

/** Going from card to card and to their fields, and connecting them, without a mouse. */
export function reachCommands({
  model,
  editor,
  steps,
  layout,
}: Pick<Stores, 'model' | 'editor' | 'steps' | 'layout'>): Command[] {
  const elsewhere = needsModel(steps);
  /** Opens the inspector and selects the text of one of its fields; immediately if it is open, so that no key is lost. */
  const goToField = (name: string) => {
    const focus = () => {
      const field = document.querySelector<HTMLInputElement>(`.inspector [data-field='${name}']`);
      field?.focus();
      field?.select();
      return field !== null;
    };
    if (!layout.isOpen('right')) layout.toggle('right', true);
    if (!focus()) requestAnimationFrame(focus);
  };
  const command = (own: Omit<Command, 'group'>): Command => ({ blocked: elsewhere, ...own, group: 'Model' });
  return [
    ...ways.map(({ way, title, key }) =>
      command({
        id: `model.${way}`,
        title,
        keys: [key],
        run: () => {
          const id = neighbourOf(model.document, editor.selectedNodes.at(-1) ?? null, way);
          if (id === null) return;
          editor.select([id]);
          editor.canvas?.reveal(id, true);
        },
      }),
    ),
    command({
      id: 'model.find',
      title: 'Find a layer of the model…',
      words: 'search look name kind parameter',
      keys: ['Mod+F'],
      leavesKeys: true,
      keysWork: 'while typing',
      run: () => (editor.find = {}),
    }),
    command({
      id: 'model.connect',
      title: () =>
        `Connect the selected layers ${flowDirection(model.document) === 'right' ? 'from left to right' : 'from top to bottom'}`,
      keys: ['Shift+C'],
      blocked: () => elsewhere() ?? (editor.selectedNodes.length < 2 ? 'Select 2 or more layers first.' : null),
      run: () => {
        const { document } = model;
        model.perform(connectChain(document, editor.selectedNodes, createId, (ends) => allowedEnds(document, ends)));
      },
    }),
    command({
      id: 'layer.rename',
      title: 'Rename the layer…',
      blocked: () => elsewhere() ?? (editor.selectedNodes.length === 1 ? null : 'Select one layer first.'),
      run: () => goToField('layer-name'),
    }),
    command({
      id: 'group.rename',
      title: 'Rename the group…',
      blocked: () =>
        elsewhere() ??
        (groupsSelected({ model, editor }).length === 1 ? null : 'Select a group, or a layer of one, first.'),
      run: () => goToField('group-name'),
    }),
    command({
      id: 'note.write',
      title: 'Write on the note',
      blocked: () => elsewhere() ?? (editor.selectedNotes.length === 1 ? null : 'Select one note first.'),
      run: () => (editor.writing = editor.selectedNotes[0] ?? null),
    }),
    command({
      id: 'model.menu',
      title: 'Show what can be done with the selection',
      keys: ['Shift+F10', 'ContextMenu'],
      run: () => editor.canvas?.openMenu(),
    }),
    command({
      id: 'model.fields',
      title: "Go to the layer's fields, or back to the canvas",
      keys: ['F2'],
      keysWork: 'while typing',
      run: () => {
        if (document.activeElement?.closest('.inspector') != null) editor.canvas?.focus();
        else {
          if (!layout.isOpen('right')) layout.toggle('right');
          requestAnimationFrame(() => document.querySelector<HTMLElement>('.inspector input')?.focus());
        }
      },
    }),
  ];
}
