import { flowDirection, type FlowDirection } from '../../../../src-shared/document/geometry/flow-direction.ts';
import {
  arrange,
  arrangeAll,
  arrangeSome,
  countCards,
  countPlaced,
} from '../../../../src-shared/canvas/layout/arrange.ts';
import type { Stores } from '../../../state/stores.ts';
import { needsModel, type Command } from '../../../commands/command.ts';

const WAYS = { down: 'from top to bottom', right: 'from left to right' } as const;

/** Automatic layout: of the selected cards, of all but what was placed by hand, or of everything. */
export function layoutCommands({
  model,
  editor,
  steps,
  toasts,
}: Pick<Stores, 'model' | 'editor' | 'steps' | 'toasts'>): Command[] {
  const command = (own: Omit<Command, 'group'>): Command => ({ blocked: needsModel(steps), ...own, group: 'Model' });
  /** Several selected cards are arranged where they lie. */
  const arrangesSelection = () => countCards(model.document, editor.selectedNodes) > 1;
  const fit = () => requestAnimationFrame(() => editor.canvas?.fit());

  const arrangeEverything = (direction: FlowDirection) => {
    model.perform(arrangeAll(model.document, direction));
    fit();
  };
  const arrangeLayers = (direction: FlowDirection) => {
    if (arrangesSelection()) {
      model.perform(arrangeSome(model.document, editor.selectedNodes, direction));
      return;
    }
    model.perform(arrange(model.document, direction));
    fit();
    const placed = countPlaced(model.document);
    if (placed === 0) return;
    const kept =
      placed === 1
        ? '1 layer placed by hand stays where it is.'
        : `${placed} layers placed by hand stay where they are.`;
    toasts.info(kept, { action: { label: 'Arrange everything', run: () => arrangeEverything(direction) } });
  };
  const arrangeCommand = (id: string, direction: FlowDirection, key: string) =>
    command({
      id,
      title: () =>
        `Arrange ${arrangesSelection() ? `${editor.selectedNodes.length} selected layers` : 'layers'} ${WAYS[direction]}`,
      keys: [key],
      run: () => arrangeLayers(direction),
    });

  return [
    arrangeCommand('model.layout', 'down', 'Shift+L'),
    arrangeCommand('model.layoutRight', 'right', 'Shift+R'),
    command({
      id: 'model.layoutAll',
      title: () => `Arrange everything ${WAYS[flowDirection(model.document)]}, what was placed by hand too`,
      keys: ['Alt+Shift+L'],
      run: () => arrangeEverything(flowDirection(model.document)),
    }),
  ];
}
