import { connectChain } from '../../src-shared/document/edits.ts';
import { createId } from '../editor/ids.ts';
import type { Studio } from '../state/studio.svelte.ts';
import type { Command } from './command.ts';
import { neighbourOf, type Way } from './neighbour.ts';

const ways: readonly { way: Way; title: string; key: string }[] = [
  { way: 'next', title: 'Select the next layer along a connection', key: 'Alt+PageDown' },
  { way: 'previous', title: 'Select the layer before along a connection', key: 'Alt+PageUp' },
  { way: 'beside', title: 'Select the next layer of the list', key: 'Alt+Shift+PageDown' },
];

/** Going from card to card and to their fields, and connecting them, without a mouse. */
export function reachCommands({ model, editor, steps, layout }: Studio): Command[] {
  const elsewhere = () => (steps.current === 'model' ? null : 'Go to Model first.');
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
      id: 'model.connect',
      title: 'Connect the selected layers from top to bottom',
      keys: ['Shift+C'],
      blocked: () => elsewhere() ?? (editor.selectedNodes.length < 2 ? 'Select 2 or more layers first.' : null),
      run: () => model.perform(connectChain(model.document, editor.selectedNodes, createId)),
    }),
    command({
      id: 'model.fields',
      title: "Go to the layer's fields, or back to the canvas",
      keys: ['F2'],
      whileTyping: true,
      run: () => {
        if (document.activeElement?.closest('.inspector') != null) editor.canvas?.focus();
        else {
          if (!layout.panels.right.open) layout.toggle('right');
          requestAnimationFrame(() => document.querySelector<HTMLElement>('.inspector input')?.focus());
        }
      },
    }),
  ];
}
