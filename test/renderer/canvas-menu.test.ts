import { describe, expect, it } from 'vitest';
import { requestMenu } from '../../src-renderer/features/model/canvas/menu/request-menu.ts';
import type { Stores } from '../../src-renderer/state/stores.ts';
import { mlpDocument } from '../support/documents.ts';

describe('requestMenu', () => {
  const model = mlpDocument();
  const [first, second] = model.nodes;
  const notes = [{ id: 'note', text: '', position: { x: 0, y: 0 }, size: { width: 100, height: 60 } }];
  const document = {
    ...model,
    notes,
    groups: [{ id: 'group', name: 'Group', collapsed: true }],
    nodes: model.nodes.map((node) => (node === second ? { ...node, group: 'group' } : node)),
  };

  /** Target of the context menu on an element, and the selection afterwards. */
  function asked(id: string | null, selected: string[] = [], inFrame = false) {
    const editor = {
      selectedNodes: selected,
      selectedEdges: [] as string[],
      selectedNotes: [] as string[],
      select(nodes: string[], edges: string[] = [], words: string[] = []) {
        [this.selectedNodes, this.selectedEdges, this.selectedNotes] = [nodes, edges, words];
      },
    };
    const closest = (selector: string) => {
      if (selector.includes('selection-wrapper')) return inFrame ? {} : null;
      return id === null ? null : { getAttribute: () => id };
    };
    const element = { closest } as unknown as Element;
    const { on } = requestMenu({ model: { document }, editor } as unknown as Stores, element, { x: 0, y: 0 });
    return { on, selected: [...editor.selectedNodes, ...editor.selectedEdges, ...editor.selectedNotes] };
  }

  it.each([
    ['a card', first!.id, 'layers', [first!.id]],
    ['a connection', model.edges[0]!.id, 'connection', [model.edges[0]!.id]],
    ['a note', 'note', 'note', ['note']],
    ["a group's frame or card", 'group', 'group', [second!.id]],
    ['the canvas', null, 'canvas', []],
  ])('opens for %s and selects it', (_, id, on, selected) => expect(asked(id)).toEqual({ on, selected }));

  it('keeps a selection that contains the card', () => {
    const both = [first!.id, second!.id];
    expect(asked(first!.id, both)).toEqual({ on: 'layers', selected: both });
    expect(asked(null, both, true)).toEqual({ on: 'layers', selected: both });
  });
});
